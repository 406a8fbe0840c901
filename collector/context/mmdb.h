// SPDX-License-Identifier: BSD-3-Clause
// MaxMind DB files (.mmdb), by libmaxminddb: AS and country of addresses. Which fields of its records hold them is found out when a
// file is opened; the layouts of MaxMind (GeoLite2, GeoIP2), DB-IP and IPinfo are known (table in mmdb.c).
//
// The file is copied to memory first, because a file that is truncated while it is mapped would end the process.
#pragma once

#include "collector/context/facts.h"

#include <stdbool.h>
#include <stddef.h>

struct context_mmdb;

// NULL with one line in `why`.
struct context_mmdb *context_mmdb_open(const char *path, char *why, size_t why_size);
void context_mmdb_close(struct context_mmdb *m);

bool context_mmdb_has_asn(const struct context_mmdb *m);
bool context_mmdb_has_country(const struct context_mmdb *m);
uint64_t context_mmdb_records(const struct context_mmdb *m); // different ones

// Fills AS and country of `out` from the record of an address, if they are empty. IPv4 as ::ffff:a.b.c.d. Any thread.
void context_mmdb_find(const struct context_mmdb *m, const uint8_t address[static 16], struct context_address *out);
