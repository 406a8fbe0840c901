// SPDX-License-Identifier: BSD-3-Clause
// The names index, which answers wildcards and keywords without a scan of Redis.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct names_index;
struct query_run;

// True once it holds all names that Redis holds.
bool names_index_is_complete(const struct names_index *index);

// Adds the next names that match a run to its keys. False at the end.
bool names_index_next(struct names_index *index, struct query_run *run, uint64_t *next);
