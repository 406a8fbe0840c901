// SPDX-License-Identifier: BSD-3-Clause
// Slots that stay half migrated (CLUSTER SETSLOT MIGRATING, and no end): Redis rejects a transaction with keys on both nodes, or on
// none, with TRYAGAIN until the migration ends. Such a slot is held: its commands are left out, other slots continue, and the
// first batch that it lacks and all later ones are not acknowledged to the spool. After its owner reports the end of the
// migration, these batches are sent again; commands for slots that have them are left out.
//
// A slot whose number is missing or not ours (number/stops.h) is held until a person decides.
//
// Writer thread only.
#pragma once

#include "collector/writer/units.h"

enum {
	HOLD_TRIES = 8,	     // passes with TRYAGAIN before a slot is held
	HOLD_LOOK_MS = 500,  // between checks of held slots
	HOLD_BLIND_MS = 5000 // the same if the owner does not report migrations (ACL)
};

struct hold {
	uint64_t from;	       // lowest batch that a held slot lacks; 0: none
	uint64_t next_look_ms; // monotonic
};

// After a pass: holds slots that were half migrated for HOLD_TRIES passes, and logs the first. True if every unit of the group is
// done or held.
bool hold_check(struct hold *h, struct units *u);

// After the last pass of a group: marks the records that wait for held slots, and moves riders of held slots to the next
// group.
void hold_note(struct hold *h, struct units *u);

// True if held and stopped slots are to be checked now.
bool hold_is_due(const struct hold *h, const struct units *u, uint64_t now_ms);

// Checks them. Returns the first batch that is to be sent again, or 0.
uint64_t hold_release(struct hold *h, struct units *u, uint64_t now_ms);
