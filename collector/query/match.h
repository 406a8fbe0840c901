// SPDX-License-Identifier: BSD-3-Clause
// Does a name match the question, and what to look for in Redis and in the index to find such names.
#pragma once

#include "collector/query/state.h"

// True if the question asks for this name (text).
bool query_match(const struct query_run *run, const char *name, size_t len);

// Makes run->pattern: a glob for SCAN that finds all such names, and perhaps others.
void query_match_pattern(struct query_run *run);

// What a name must contain to match, for the names index.
void query_match_needles(const struct query_run *run, struct names_needles *out);

// Glob with * ? [a-z] \\x, in linear space and at most quadratic time.
bool query_match_glob(const char *pattern, const char *text, size_t len);
