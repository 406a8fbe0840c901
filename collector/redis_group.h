// SPDX-License-Identifier: BSD-3-Clause
// Some batches as commands by slot (redis_cluster.h). Writer thread only.
#pragma once

#include "collector/redis_batch.h"
#include "collector/redis_slot.h"

enum {
	GROUP_BATCHES_MAX = 4,
	GROUP_NONE = UINT32_MAX,
	GROUP_FEED = GROUP_BATCHES_MAX // stands for the stream of new records in group_command
};

// One command of the group.
struct group_command {
	uint32_t at;	// offset in the batch's buffer
	uint32_t size;	// octets
	uint32_t next;	// next one of the slot, or GROUP_NONE
	uint32_t index; // among those of the records; GROUP_NONE: about sensor or stream
	uint8_t batch;	// which one, or GROUP_FEED
};

// The commands of one slot.
struct group_unit {
	uint16_t slot;
	bool done;
	uint8_t ask;	     // index + 1 of the node that an ASK named in this pass; 0: none
	uint32_t head, tail; // commands
	uint32_t sent;	     // commands in the transaction under way; 0: none
};

struct redis_group {
	struct redis_batch batches[GROUP_BATCHES_MAX];
	size_t len;			 // batches
	uint64_t first, last;		 // their numbers
	struct redis_buffer feed;	 // XADDs of the group before, as they are sent
	struct group_command *commands;	 // owned
	size_t commands_len, commands_capacity;
	struct group_unit units[REDIS_SLOTS];
	size_t units_len;
	uint16_t unit_of[REDIS_SLOTS];	 // index + 1; 0: none
};

// Takes the batches read into `g->batches[0…len-1].in`, and `feed` for the stream (its octets are
// moved into the group). False without memory.
bool redis_group_make(struct redis_group *g, struct redis_buffer *feed, const struct redis_announced *announced,
	const struct redis_settings *s, const struct zone_list *zones);

// The octets of a command.
const char *redis_group_bytes(const struct redis_group *g, const struct group_command *c);

// The number above which a slot needs a command.
uint64_t redis_group_number(const struct redis_group *g, const struct group_command *c);

void redis_group_free(struct redis_group *g);
