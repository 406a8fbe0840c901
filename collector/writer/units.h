// SPDX-License-Identifier: BSD-3-Clause
// The transactions of a group: one pass sends what is not done yet to the primaries and reads all replies (cluster.h). Writer
// thread only.
#pragma once

#include "collector/writer/group.h"
#include "collector/number/topology.h"

struct units {
	struct topology t;
	struct batch_group g;
	struct redis_results results;
	struct follow follow;		// for the next group
	const struct redis_settings *s; // during a step
	const struct zone_list *zones;	// borrowed
	bool moved;			// some unit is not done after this pass: redirected, rejected or not answered
	uint16_t *order;		// units in the order of the replies, by node; owned
	size_t order_nodes;		// nodes in `order_len`
	size_t order_len[CLUSTER_NODES_MAX + 1];
};

// False if out of memory.
bool units_init(struct units *u, const struct zone_list *zones);
void units_free(struct units *u);

// One pass over the units that are neither done nor held. Sets `moved` if some are left. Then topology and numbers must be read
// again before the next pass.
void units_pass(struct units *u);

// For a unit that is not done: sets or ends UNIT_HELD by its slot. True if it is held.
bool units_hold(const struct units *u, struct group_unit *unit);
