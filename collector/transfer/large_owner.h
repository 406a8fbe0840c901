// SPDX-License-Identifier: BSD-3-Clause
// The records of one owner, if they are too many for one reply or its keys are being migrated. Uses
// ZSCAN, which returns every member that stays in the set during the whole scan.
#pragma once

#include "collector/query/query.h"

struct transfer_large_owner;

// NULL without memory. `db` is borrowed.
struct transfer_large_owner *transfer_large_owner_start(struct reader *db, const char *owner, size_t len);

// QUERY_RECORD, QUERY_END, or QUERY_FAILED with the reason in db->why.
enum query_step transfer_large_owner_next(struct transfer_large_owner *l, struct query_record *record);
void transfer_large_owner_stop(struct transfer_large_owner *l); // NULL is fine
