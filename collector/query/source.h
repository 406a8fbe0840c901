// SPDX-License-Identifier: BSD-3-Clause
// Where a run finds the keys that it reads: this is where a wildcard is expanded.
//
//     name, target           the key itself
//     subtree                the index of names; else a zone set, if the name is in one zone; else SCAN
//     stem, glob, regex,     the index of names; else SCAN
//     keyword
//     addresses              the key itself, net sets, or SCAN of the net sets
#pragma once

#include "collector/query/state.h"

// Chooses the source. 0, or -1 with the failure noted, as all of these.
int query_source_begin(struct query_run *run);

// Reads more sets or keys.
int query_source_step(struct query_run *run);

// The members of the first set become keys, a page at a time.
int query_source_members(struct query_run *run);
