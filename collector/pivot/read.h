// SPDX-License-Identifier: BSD-3-Clause
// What read.c and members.c have in common.
#pragma once

#include "collector/pivot/state.h"
#include "collector/question/name.h"
#include "collector/schema/keys.h"

// Notes why a read failed. Returns -1.
int pivot_read_fail(struct pivot *p);

// Counts commands; false if the walk may send no more.
bool pivot_read_may(struct pivot *p, size_t commands);

// The next nodes of a queue, at most a batch of `commands` each. Those beyond a bound are marked with it.
size_t pivot_read_take(struct pivot *p, struct pivot_queue *q, size_t commands, uint32_t out[static PIVOT_BATCH]);

// The role of what a record of a type points to; 0: the walk does not follow the type.
unsigned pivot_read_role(const char *type, size_t len);
