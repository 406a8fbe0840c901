// SPDX-License-Identifier: BSD-3-Clause
// A group of batches as commands by slot (cluster.h). Writer thread only.
#pragma once

#include "collector/writer/batch.h"
#include "collector/redis/slot.h"

enum {
	GROUP_BATCHES_MAX = 16,
	GROUP_NONE = UINT32_MAX,
	GROUP_RIDERS = GROUP_BATCHES_MAX // in group_command: not of a batch, but of the riders
};

// One command of the group.
struct group_command {
	uint32_t at;	// offset in the batch's buffer
	uint32_t size;	// octets
	uint32_t next;	// next command of the slot, or GROUP_NONE
	uint32_t index; // in the commands of the records, or of the riders; GROUP_NONE: about the sensor
	uint8_t batch;	// index of the batch, or GROUP_RIDERS
};

// How far the commands of a slot are; README.md has the diagram.
enum unit_state {
	UNIT_WAITING, // the slot's number is to be compared
	UNIT_CLEARED, // the slot answered with the number that is known: the transaction may be sent
	UNIT_HELD,    // not to be sent: the slot is half migrated, or stopped
	UNIT_DONE     // applied, or the slot has all of it
};

// The commands of one slot.
struct group_unit {
	uint16_t slot;
	enum unit_state state;
	bool riders;	     // some of its commands are riders
	bool had;	     // group already applied; the slot's number says nothing about the riders sent along
	uint8_t tries;	     // passes in which the slot was half migrated
	uint8_t ask;	     // index + 1 of the node that an ASK named; 0: none
	uint32_t head, tail; // commands
	uint32_t sent;	     // commands of the group in the transaction that was sent; 0: none
};

struct batch_group {
	struct batch batches[GROUP_BATCHES_MAX];
	size_t len;			// batches
	uint64_t first, last;		// their numbers
	struct follow riders;		// commands that follow from the previous group
	struct group_command *commands; // owned
	size_t commands_len, commands_capacity;
	struct group_unit units[REDIS_SLOTS];
	size_t units_len;
	uint16_t unit_of[REDIS_SLOTS]; // index + 1; 0: none
};

// Makes a group of the batches in `g->batches[0…len-1].in` and of `follow`, which moves into the group. Without a batch `number`
// is that of the last one. Returns false if out of memory.
bool group_make(struct batch_group *g, struct follow *follow, uint64_t number, const struct batch_announced *announced,
	const struct redis_settings *s, const struct zone_list *zones);

// The encoded command.
const char *group_bytes(const struct batch_group *g, const struct group_command *c);

// After group_make: notes which slots have all batches of the group, by their numbers.
void group_compare(struct batch_group *g, const uint64_t applied[static REDIS_SLOTS]);

// True if the unit's slot, which has everything up to batch `applied`, needs the command.
bool group_needs(const struct batch_group *g, const struct group_unit *unit, const struct group_command *c,
	uint64_t applied);

void group_free(struct batch_group *g);
