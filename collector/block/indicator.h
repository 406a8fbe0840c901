// SPDX-License-Identifier: BSD-3-Clause
// Lines of people and of files to entries:
//
//     evil.example                      a name; with all below it if the list says so (subdomains = yes)
//     *.evil.example                    a name and all names below it
//     198.51.100.7, 2001:db8::/32       an address, a prefix, a range
//     ns:ns1.evil.example, ns:192.0.2.5 a name server: all names that it serves (RPZ)
//     evil.example until 2026-12-31     with an end of its own
//     evil.example # phishing           with a reason
//
// Defanged texts and URLs are understood (question/paste.h).
#pragma once

#include "collector/block/block.h"

struct block_origin {
	const struct block_list *list;
	const struct zone_list *zones;
	const char *reason;   // if the line has none
	int64_t since, until; // if the line has none
	int64_t now;
};

// Adds the entries of a line. A line that cannot be used is in the report. Returns how many entries were added.
size_t block_indicator_add(struct block_set *s, const struct block_origin *o, const char *line);

// Adds a name, or a server's name, as Redis holds it. The same.
size_t block_indicator_add_name(struct block_set *s, const struct block_origin *o, enum block_kind kind, bool below,
	const char *name);

// True if a name may be in any list: letters, digits, hyphens, underscores; labels of 1 to 63; at most 253.
bool block_indicator_is_domain(const char *name);
// True if it is a host name too: no underscore, no hyphen at the ends of a label.
bool block_indicator_is_host(const char *name);
