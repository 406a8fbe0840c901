// SPDX-License-Identifier: BSD-3-Clause
// Stopped slots: their number is missing or not ours (guard.h). Nothing is written to them until a person decides; other slots
// continue. Writer thread, or `lookback spool`.
#pragma once

#include "collector/number/guard.h"

struct stop {
	uint16_t slot;
	enum guard_state state;
	struct guard found;
	uint64_t expected; // last number that is known to have been written; 0: not known
	char server[64];   // address of the primary of the slot
};

struct stops {
	struct stop *at; // in no order; owned
	size_t len, capacity;
	uint64_t changes; // number of changes of the list
};

// Adds or updates a slot. Returns true if it is new in the list. Out of memory: it is left out.
bool stops_put(struct stops *l, const struct stop *stop);

// Removes a slot that is sound. Returns true if it was in the list.
bool stops_remove(struct stops *l, uint16_t slot);
void stops_free(struct stops *l);

enum { REDIS_STOP_KEY_SIZE = 128 };

// In words: the key with the wrong number, what was found there, and what was expected: "none", "something else", or a number.
void stops_key(char out[REDIS_STOP_KEY_SIZE], const struct stop *stop, const char *prefix, const char *uuid);
void stops_found(char out[24], const struct stop *stop);
void stops_expected(char out[24], const struct stop *stop);

// One line: what was found, what was expected, what to do.
void stops_tell(char *out, size_t out_size, const struct stop *stop, const char *prefix, const char *uuid);
