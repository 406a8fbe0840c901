// SPDX-License-Identifier: BSD-3-Clause
// Some batches as commands by slot (cluster.h). Writer thread only.
#pragma once

#include "collector/writer/batch.h"
#include "collector/redis/slot.h"

enum {
	GROUP_BATCHES_MAX = 16,
	GROUP_NONE = UINT32_MAX,
	GROUP_RIDERS = GROUP_BATCHES_MAX // stands for what follows the group before in group_command
};

// One command of the group.
struct group_command {
	uint32_t at;	// offset in the batch's buffer
	uint32_t size;	// octets
	uint32_t next;	// next one of the slot, or GROUP_NONE
	uint32_t index; // among those of the records, or of the riders; GROUP_NONE: about the sensor
	uint8_t batch;	// which one, or GROUP_RIDERS
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
	bool riders;	     // some of the commands are
	bool had;	     // the slot had the whole group before: its number does not tell of the riders
	uint8_t tries;	     // passes that met the slot half moved
	uint8_t ask;	     // index + 1 of the node that an ASK named in this pass; 0: none
	uint32_t head, tail; // commands
	uint32_t sent;	     // commands of the group that the slot needs, in the transaction under way; 0: none
};

struct batch_group {
	struct batch batches[GROUP_BATCHES_MAX];
	size_t len;			// batches
	uint64_t first, last;		// their numbers
	struct follow riders;		// what follows the group before
	struct group_command *commands; // owned
	size_t commands_len, commands_capacity;
	struct group_unit units[REDIS_SLOTS];
	size_t units_len;
	uint16_t unit_of[REDIS_SLOTS]; // index + 1; 0: none
};

// Takes the batches read into `g->batches[0…len-1].in` (none: `number` is that of the last one), and
// what follows the group before (moved into the group). False without memory.
bool group_make(struct batch_group *g, struct follow *follow, uint64_t number, const struct batch_announced *announced,
	const struct redis_settings *s, const struct zone_list *zones);

// The octets of a command.
const char *group_bytes(const struct batch_group *g, const struct group_command *c);

// After group_make: notes which slots have all batches already, by their numbers.
void group_compare(struct batch_group *g, const uint64_t applied[static REDIS_SLOTS]);

// True where the unit's slot, which holds everything up to `applied`, needs the command.
bool group_needs(const struct batch_group *g, const struct group_unit *unit, const struct group_command *c,
	uint64_t applied);

void group_free(struct batch_group *g);
