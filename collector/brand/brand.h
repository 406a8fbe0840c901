// SPDX-License-Identifier: BSD-3-Clause
// A report of the names that look like trademarks: all that Redis holds, grouped by registered domain, each with what it
// resolves to, its name servers, whether it can send mail, and a score with its reasons.
//
//     brand_new ──► brand_add, one per trademark ──► brand_search ──► brand_finish ──► brand_domains ──► brand_put_… ──► brand_free
//
// Bounded: names, domains, and what is kept of each. One thread at a time.
#pragma once

#include "collector/query/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct context;
struct redis_buffer;

enum {
	BRAND_DOMAINS_MAX = 100000,
	BRAND_NAMES_KEPT = 20, // of each domain: names, and records of each kind
	BRAND_RECORDS_KEPT = 16,
	BRAND_REASONS_SIZE = 512
};

// Own domains: they and all names below them are left out.
struct brand_own;
// Reads a file: a name per line, '#' comments. NULL with one line in `why`.
struct brand_own *brand_own_read(const char *file, char *why, size_t why_size);
bool brand_own_has(const struct brand_own *own, const char *name, size_t len); // of NULL: nothing
void brand_own_free(struct brand_own *own);

struct brand_name {
	char *name; // owned
	size_t len;
	const char *keyword; // of the report
	enum alike_reason reason;
	int64_t first, last; // of the records of this name
};

// Texts of records, each once, in the order of their last sighting as far as it is known.
struct brand_texts {
	char *text[BRAND_RECORDS_KEPT]; // owned
	size_t len;			// kept
	uint64_t all;			// seen
};

struct brand_domain {
	char *domain; // registered domain; owned
	size_t len;
	struct brand_name names[BRAND_NAMES_KEPT]; // best reason first
	size_t names_len;
	uint64_t names_all;
	int64_t first, last;			     // of the names that look alike
	uint64_t count;				     // sightings of their records
	struct brand_texts addresses, servers, mail; // mail: "10 mail.example"
	char *spf;				     // owned; NULL: none seen
	bool resolves, has_mail, no_mail;	     // no_mail: MX 0 . (RFC 7505)
	bool apex_known;			     // its own records have been read
	uint32_t rank;				     // in the popular list; 0: not in it
	unsigned score;				     // 0 to 100
	char reasons[BRAND_REASONS_SIZE];	     // of the score, with "; "
	char network[256];			     // of the first address: country, AS, label; empty: unknown
};

struct brand_options {
	int64_t now;
	int64_t since; // only domains of which no look-alike was seen before; INT64_MIN: all
	const struct brand_own *own;
	const struct zone_list *zones;
	const struct context *context; // NULL: none
	double time_max_s;	       // of each search; 0: no bound
};

struct brand;
struct brand *brand_new(const struct brand_options *options); // a copy; NULL without memory
void brand_free(struct brand *b);

// Adds a trademark. 0; -1 with one line in `why`, as for a text that is no keyword.
int brand_add(struct brand *b, const char *keyword, char *why, size_t why_size);

// Finds the names that look like the trademarks: one search for each if there is an index of names and they are few; otherwise all
// names are read once. 0; -1 with `why`.
int brand_search(struct brand *b, struct query_db *db, char *why, size_t why_size);

// Reads the records of the registered domains, scores and sorts: highest score first. 0; -1 with `why`.
int brand_finish(struct brand *b, struct query_db *db, char *why, size_t why_size);

// After brand_finish. `*len`: number of domains.
struct brand_domain *const *brand_domains(const struct brand *b, size_t *len);
bool brand_is_full(const struct brand *b); // there were more domains than BRAND_DOMAINS_MAX
size_t brand_keywords(const struct brand *b, const char *const **keywords);

// Forms of the result. At most `limit` domains; 0: all.
void brand_put_json(struct redis_buffer *out, const struct brand *b, size_t limit);
void brand_put_csv(struct redis_buffer *out, const struct brand *b, size_t limit);
void brand_put_html(struct redis_buffer *out, const struct brand *b, size_t limit);

// Of one domain: the best name's reason as text, "mx, spf", whether it is the registered domain itself that looks alike.
const char *brand_mail_text(const struct brand_domain *d);
