// SPDX-License-Identifier: BSD-3-Clause
// Which of many keywords a name may contain, or something that looks like it: a filter before alike(), which compares one
// keyword with one name. It may report keywords that alike() rejects; it reports each that it accepts.
//
//     contained    the name in folded form (one letter for all that look like it) without dots and hyphens; the first four
//                  letters at each place are looked up in a table of the keywords' first four
//     one edit     two words, or groups of words for keywords with hyphens, are one edit apart only if they, or what is left
//                  after one letter of each is removed, are equal: the hashes of these are looked up
//     similar      the hash of what exchanges of similar letters do not change
//
// Read-only after watch_keywords_finish: any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch_keywords;

struct watch_keywords *watch_keywords_new(void); // NULL without memory
void watch_keywords_free(struct watch_keywords *k);

// Adds a keyword (lower case, at least three characters). `edits`: also what is one edit apart. False without memory.
bool watch_keywords_add(struct watch_keywords *k, const char *keyword, size_t len, bool edits, uint32_t id);

// After the last addition. False without memory.
bool watch_keywords_finish(struct watch_keywords *k);

// Calls `candidate` for each keyword that the name may contain. It may be called more than once for a keyword.
typedef void watch_keywords_candidate(void *arg, uint32_t id);
void watch_keywords_find(const struct watch_keywords *k, const char *name, size_t len,
	watch_keywords_candidate *candidate, void *arg);
