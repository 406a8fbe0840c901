// SPDX-License-Identifier: BSD-3-Clause
// First seen and count of the records of a page.
#pragma once

#include "collector/query/state.h"

// Of the items from number `from` on, out of the sets first: and count: of their owner, read whole.
void query_scores_join(struct query_page *p, size_t from, const redisReply *first, const redisReply *count);

// Of the items that do not know them yet, by ZMSCORE. 0, or -1 with the failure noted.
int query_scores_read(struct query_run *run);
