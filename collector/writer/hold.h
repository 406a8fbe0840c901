// SPDX-License-Identifier: BSD-3-Clause
// Slots that stay half moved (CLUSTER SETSLOT MIGRATING, and the rest does not come): a transaction with
// keys on both sides, or on neither, is refused with TRYAGAIN until the slot has arrived. Such a slot is
// held: its commands are left out, the others go on, and nothing from the first batch it lacks on is
// acknowledged to the spool. When its owner tells that it is whole, that batch and what follows is gone
// through again; every slot passes over what its own number says it has.
//
// A slot whose number is missing or not ours (stops.h) is treated in the same way, until a person has decided.
//
// Writer thread only.
#pragma once

#include "collector/writer/units.h"

enum {
	HOLD_TRIES = 8,	     // passes in a row that meet a slot half moved before it is held
	HOLD_LOOK_MS = 500,  // between looks at slots that are held
	HOLD_BLIND_MS = 5000 // the same where the owner does not tell
};

struct hold {
	uint64_t from;	       // lowest batch that a held slot may lack; 0: none
	uint64_t next_look_ms; // monotonic
};

// After a pass: holds what was met half moved for long enough, and says so. True where every unit of
// the group is done or held.
bool hold_check(struct hold *h, struct units *u);

// The group is through: marks the records that wait for held slots, and takes riders of held slots
// over to the next group.
void hold_note(struct hold *h, struct units *u);

// It is time to look whether held slots are whole, and whether the numbers of stopped ones are sound.
bool hold_is_due(const struct hold *h, const struct units *u, uint64_t now_ms);

// Looks. Returns the number from which on batches are to be gone through again, or 0.
uint64_t hold_release(struct hold *h, struct units *u, uint64_t now_ms);
