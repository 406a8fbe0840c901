// SPDX-License-Identifier: BSD-3-Clause
// Which slots of a cluster have a number of this spool, in both places (topology.h). That is noted in Redis before a slot gets
// its first number, so that the next collector finds out where a number was removed in both places.
//
//     pdns:slots:{<uuid>}   string, a bit for each slot; beside the owner's key (lease.h)
//
// Bits are only ever set. Without the key nothing is known, and slots without a number count as new. Writer thread, or
// `lookback spool`.
#pragma once

#include "collector/redis/conn.h"
#include "collector/redis/slot.h"

struct numbered {
	uint8_t bits[REDIS_SLOTS / 8];	 // as in Redis, SETBIT's order
	uint8_t wanted[REDIS_SLOTS / 8]; // to be set there
	size_t wanted_len;
	bool read; // Redis was asked
};

void numbered_clear(struct numbered *n);
bool numbered_has(const struct numbered *n, uint16_t slot);

// The slot has a number, or is about to get its first one: for numbered_write.
void numbered_want(struct numbered *n, uint16_t slot);

// `c`: to the node that holds the owner's key. 0, or -1 (closed).
int numbered_read(struct numbered *n, struct redis_conn *c, const struct redis_settings *s, const char *uuid);
int numbered_write(struct numbered *n, struct redis_conn *c, const struct redis_settings *s, const char *uuid);

// The key as one argument.
void numbered_key(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
