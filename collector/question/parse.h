// SPDX-License-Identifier: BSD-3-Clause
// Shared by the files that parse text from people and clients: parse.c (names, patterns), address.c,
// options.c (types, times, order), paste.c and paste_text.c (pasted text).
#pragma once

#include "collector/question/question.h"

// Writes "'TEXT': expected EXPECTED" to `why`. Returns -EINVAL.
int query_refuse(char *why, size_t why_size, const char *text, const char *expected);

// True if the text contains a special character of globs without a backslash before it.
bool query_is_pattern(const char *text, size_t len);

// address.c: parses an address, a prefix or a range, without defanging. Returns 0 with q->… set; -EINVAL with `why` if it is
// malformed; -ENOENT if it is something else.
enum query_extent { QUERY_EXTENT_ONE, QUERY_EXTENT_PREFIX, QUERY_EXTENT_RANGE };
int query_read_addresses(struct query *q, const char *text, enum query_extent *extent, char *why, size_t why_size);

// paste_text.c. In place: removes invisible characters, and replaces blanks and hyphens of all kinds by the ASCII ones.
void query_tidy(char *text);
// In place: removes blanks at both ends, commas at the end, and quotes or brackets around the text.
char *query_unwrap(char *text);
// Length of the first item: up to a blank, comma, semicolon or bar without a backslash before it.
size_t query_item_len(const char *text);
