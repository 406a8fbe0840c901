// SPDX-License-Identifier: BSD-3-Clause
// What local files say about addresses and names: AS, country, network label and kind; rank in a list of popular names.
//
//     context.asn, context.country   MaxMind DB files (.mmdb)            an address → AS, country
//     context.prefixes               text table of networks              an address → AS, country, label, kind
//     context.labels                 text list of networks and zones     an address or a name → label, kind
//     context.popular                list of names, best first           a registered domain → rank
//
// Nothing is asked of the network. Every lookup takes less than 1 µs, and any thread may do it: results are copies, so that a
// reload can free the files. A `struct context *` of NULL means that no file is set: lookups then return false at once.
#pragma once

#include "collector/base/settings.h"
#include "collector/base/zone.h"
#include "collector/context/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context;

// Opens the files that the settings name. Returns 0, with `*out` NULL if there are none; or -1 with one line in `why`. `zones`
// must outlive the context.
int context_open(struct context **out, const struct settings *settings, const struct zone_list *zones, char *why,
	size_t why_size);
void context_close(struct context *c); // NULL is fine

// Reads all files again. A file that cannot be used is kept as it was, and logged. Returns the number of such files.
unsigned context_reload(struct context *c);

// `address` has 4 or 16 octets; an IPv4 address may be given as ::ffff:a.b.c.d. True if anything is known. Fills `out` in any case.
bool context_of_address(const struct context *c, const uint8_t *address, size_t size, struct context_address *out);

// The same for the text of an address, which need not be terminated. False for other texts.
bool context_of_address_text(const struct context *c, const char *text, size_t len, struct context_address *out);

// `name` is as in Redis: lower case, without the final dot, RFC 1035 escapes; it need not be terminated. True if anything is known.
// Fills `out` in any case.
bool context_of_name(const struct context *c, const char *name, size_t len, struct context_name *out);

// Rank of a registered domain; 0: not in the list. Cheaper than context_of_name, if the registered domain is known.
uint32_t context_rank(const struct context *c, const char *registered, size_t len);

// The files, in the order of the settings' names.
enum context_file { CONTEXT_ASN, CONTEXT_COUNTRY, CONTEXT_LABELS, CONTEXT_POPULAR, CONTEXT_PREFIXES, CONTEXT_FILES };

// Entries of a file: different records, networks and zones, or names. 0: it is not set.
uint64_t context_entries(const struct context *c, enum context_file file);

// True if there is a file that context_reload would read.
bool context_has_files(const struct context *c);

// Which columns have a meaning, by the files that are open.
bool context_has_asn(const struct context *c);
bool context_has_as_names(const struct context *c); // a database has AS; the table of networks has no names of them
bool context_has_country(const struct context *c);
bool context_has_labels(const struct context *c);
bool context_has_popular(const struct context *c);
