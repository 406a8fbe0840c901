// SPDX-License-Identifier: BSD-3-Clause
// Among the files that read what people and clients write: parse.c (names, patterns), address.c,
// options.c (types, times, order), paste.c (whatever is pasted).
#pragma once

#include "collector/query/query.h"

// Writes "'TEXT': expected EXPECTED" to `why`. Returns -EINVAL.
int query_refuse(char *why, size_t why_size, const char *text, const char *expected);

// True if the text has what a glob takes as special, and no backslash before it.
bool query_is_pattern(const char *text, size_t len);

// address.c: an address, a prefix or a range, refanged already. 0, and q->… are set; -EINVAL with `why` where it is
// meant as one and wrong; -ENOENT if it is something else.
enum query_extent { QUERY_EXTENT_ONE, QUERY_EXTENT_PREFIX, QUERY_EXTENT_RANGE };
int query_read_addresses(struct query *q, const char *text, enum query_extent *extent, char *why, size_t why_size);

// tidy.c. In place: without what cannot be seen, blanks and hyphens of all kinds as the plain ones.
void query_tidy(char *text);
// Without blanks at both ends; without commas after it, and quotes or brackets around it. In place.
char *query_trim(char *text);
char *query_unwrap(char *text);
// How far the first item reaches: up to a blank, comma, semicolon or bar that no backslash precedes.
size_t query_item_len(const char *text);
