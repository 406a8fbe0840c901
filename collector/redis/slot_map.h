// SPDX-License-Identifier: BSD-3-Clause
// Which primary of a Redis Cluster holds which slot, as CLUSTER SLOTS reports it. For the writer and for lookups.
#pragma once

#include "collector/base/endpoint.h"
#include "collector/redis/encode.h"
#include "collector/redis/slot.h"

#include <hiredis/hiredis.h>

enum { REDIS_NODES_MAX = 128, REDIS_NODE_ID_SIZE = 48, REDIS_NO_NODE = 255 };

struct redis_slot_map {
	struct redis_slot_node {
		struct endpoint address;
		char id[REDIS_NODE_ID_SIZE]; // of the cluster
	} node[REDIS_NODES_MAX];	     // primaries, ordered by id
	size_t len;
	uint8_t owner[REDIS_SLOTS]; // index of the node, or REDIS_NO_NODE
};

// Appends the command.
void redis_slot_map_ask(struct redis_buffer *out);

// Reads its reply. A node that does not know its own address omits it: `asked_host` is used. False if the reply is
// not one to CLUSTER SLOTS, or names too many nodes. Slots that no range covers have REDIS_NO_NODE.
bool redis_slot_map_read(struct redis_slot_map *map, const redisReply *reply, const char *asked_host);

// The node with this id; NULL if there is none.
struct redis_slot_node *redis_slot_map_find(struct redis_slot_map *map, const char *id);
