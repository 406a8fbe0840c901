// SPDX-License-Identifier: BSD-3-Clause
// A set of TLDs, public suffixes and zones: which names are in one of them. Read-only once it is filled: any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { NEWLY_SUFFIXES_MAX = 1000000 };

struct newly_suffixes;

struct newly_suffixes *newly_suffixes_new(void);    // NULL without memory
void newly_suffixes_free(struct newly_suffixes *s); // NULL is fine

// Adds a list: "com, co.uk, !in-addr.arpa". Separated by commas or blanks; '!' excludes; ".com" and "*.com" mean "com".
// 0, or -1 with one line in `why`.
int newly_suffixes_add(struct newly_suffixes *s, const char *list, char *why, size_t why_size);
// The same from a file, one or more a line; '#' begins a comment.
int newly_suffixes_read(struct newly_suffixes *s, const char *path, char *why, size_t why_size);

// True if the longest suffix of the name that is in the set includes it. Without one: if the set only excludes.
bool newly_suffixes_match(const struct newly_suffixes *s, const char *name, size_t len);
