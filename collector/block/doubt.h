// SPDX-License-Identifier: BSD-3-Clause
// Records of own names that a tamper alert doubts. Such a name does not protect what the record points to: whoever hijacks a name
// would be protected by it. After `lookback watch approve` the record is expected, and the name protects again.
#pragma once

#include "collector/base/zone.h"
#include "collector/block/block.h"
#include "collector/reader/reader.h"

// Notes a record of an alert. `target`: the address, or the name of the server, that it points to. All are copied.
void block_doubt_add(struct block_set *s, const char *name, const char *type, const char *rdata, const char *target);

// Drops the records that Redis holds as expected, and sorts the others. Call it before block_doubt_has. 0, or -1 (r->why).
int block_doubt_drop_expected(struct block_set *s, const struct zone_list *zones, struct reader *r);

// True if a record of `name` that points to `target` is doubted.
bool block_doubt_has(const struct block_set *s, const char *name, const char *target);
