// SPDX-License-Identifier: BSD-3-Clause
// Names from the index in memory, if it contains all names that Redis had when the run began. After a recent flush it may be
// behind: the run waits, up to a second. After an import it is stale: the run reads the keys instead.
#pragma once

#include "collector/query/state.h"

// True if there is a complete index for the question, and it was not found stale.
bool query_from_index_can(const struct query_run *run);

// Adds the next names that match as keys. 0; or -1 with the failure noted. If the index is stale, sets run->index_stale: choose
// another source.
int query_from_index_step(struct query_run *run);
