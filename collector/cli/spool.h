// SPDX-License-Identifier: BSD-3-Clause
// Inside `lookback spool`, between spool.c and slots.c (a Redis Cluster: a number for each slot).
#pragma once

#include "collector/cli/lookback.h"
#include "collector/number/lease.h"
#include "collector/number/seq.h"
#include "collector/spool/peek.h"

struct spool_case {
	char dir[4096];
	struct redis_settings *redis;
	struct redis_conn conn;
	struct spool_peek spool;
	struct guard guard;
	enum guard_state state;
	uint64_t number;    // last batch applied, if the state is sound
	bool owner_foreign; // the key of the owner has another type
	char owner_why[400];
};

// True with --yes, or if a person at a terminal agrees; false with --dry-run.
bool lookback_spool_confirm(const struct lookback *l);

// Prints what the spool itself holds.
void lookback_spool_print(const struct spool_case *c);

// status, adopt, reset. `c->conn` is to the node that holds the owner's key.
int lookback_slots(struct lookback *l, struct spool_case *c);
