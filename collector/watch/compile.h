// SPDX-License-Identifier: BSD-3-Clause
// The inside of a set, for compile.c (reading, compiling) and match.c.
#pragma once

#include "collector/watch/index.h"
#include "collector/watch/indicators.h"
#include "collector/watch/keywords.h"
#include "collector/watch/set.h"

// Clauses by the term by which they are found: `at` in `found_by`.
struct watch_found_by {
	uint32_t at, len;
};

struct watch_set {
	struct watch_rules rules;
	struct watch_index *index;
	struct watch_keywords *keywords;
	struct watch_found_by *clauses; // by term
	uint32_t *found_by;		// clauses
	uint32_t *rest;			// clauses that only types, countries or AS numbers decide
	size_t rest_len;
	struct watch_indicators *files; // of terms `file`
	size_t files_len;
	unsigned news;
};
