// SPDX-License-Identifier: BSD-3-Clause
// A group's transactions, slot by slot, to the primaries and back (cluster.h): one pass sends
// what is not done yet and reads all answers. Writer thread only.
#pragma once

#include "collector/writer/group.h"
#include "collector/number/topology.h"

struct units {
	struct topology t;
	struct batch_group g;
	struct redis_results results;
	struct follow follow;		// for the next group
	const struct redis_settings *s; // of the step under way
	const struct zone_list *zones;	// borrowed
	bool moved;			// some unit of this pass has to go elsewhere, or wait
	uint16_t *order;		// units in the order of their replies, node by node; owned
	size_t order_nodes;		// how many nodes that are
	size_t order_len[CLUSTER_NODES_MAX + 1];
};

// False without memory.
bool units_init(struct units *u, const struct zone_list *zones);
void units_free(struct units *u);

// One pass over the units that are neither done nor held. Sets `moved` where some are left; then
// topology and numbers are to be looked at before the next pass.
void units_pass(struct units *u);

// Notes whether a unit that is not done is to be held back, and returns it.
bool units_hold(const struct units *u, struct group_unit *unit);
