// SPDX-License-Identifier: BSD-3-Clause
// Names from the index in memory, if it contains all that Redis held when the question came. After a flush of a moment ago
// it may still be behind: that is waited for, up to a second. After an import it is stale: the keys themselves are read.
#pragma once

#include "collector/query/state.h"

// True if there is a complete index of the names asked for, and it was not found stale.
bool query_from_index_can(const struct query_run *run);

// The next names that match become keys. 0; or -1 with the failure noted. If the index turns out to be stale,
// run->index_stale is set, and another source has to be chosen.
int query_from_index_step(struct query_run *run);
