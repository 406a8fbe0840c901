// SPDX-License-Identifier: BSD-3-Clause
// Names that a source finds. For most questions, a name that matches becomes a key at once. For a keyword, names are first
// collected by rank (the reason of the match), so that the best come first.
#pragma once

#include "collector/query/state.h"

// Adds a name that a source has found to the keys or to its rank, if it matches. 0, or -1 with the failure noted.
int query_ranks_take(struct query_run *run, const char *name, size_t len);

// True if no further name can be shown: the best rank contains as many as the limit.
bool query_ranks_are_full(const struct query_run *run);

// QUERY_KEYWORD: the names of the next rank become keys. False if there are no more ranks.
bool query_ranks_next(struct query_run *run);
