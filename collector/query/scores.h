// SPDX-License-Identifier: BSD-3-Clause
// First seen and count of the records of a page.
#pragma once

#include "collector/query/state.h"

// For the items from index `from` on: from the sets first: and count: of their owner, which were read as a whole.
void query_scores_join(struct query_page *p, size_t from, const redisReply *first, const redisReply *count);

// For the items that lack them, by ZMSCORE. 0, or -1 with the failure noted.
int query_scores_read(struct query_run *run);
