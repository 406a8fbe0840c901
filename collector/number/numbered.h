// SPDX-License-Identifier: BSD-3-Clause
// Which slots of a cluster have a number of this spool (topology.h). The bit is set in Redis before a slot gets its first number, so
// that a later collector notices if both copies of a number were removed.
//
//     pdns:slots:{<uuid>}   string, one bit per slot; in the same slot as the key of the owner (lease.h)
//
// Bits are never cleared. Without the key nothing is known, and slots without a number count as new. Writer thread, or
// `lookback spool`.
#pragma once

#include "collector/redis/conn.h"
#include "collector/redis/slot.h"

struct numbered {
	uint8_t bits[REDIS_SLOTS / 8];	 // as in Redis, in the order of SETBIT
	uint8_t wanted[REDIS_SLOTS / 8]; // to be set in Redis
	size_t wanted_len;
	bool read; // `bits` were read
};

void numbered_clear(struct numbered *n);
bool numbered_has(const struct numbered *n, uint16_t slot);

// Notes for numbered_write that the slot has a number, or is about to get its first one.
void numbered_want(struct numbered *n, uint16_t slot);

// `c`: connection to the node that has the key of the owner. Return 0, or -1 (closed).
int numbered_read(struct numbered *n, struct redis_conn *c, const struct redis_settings *s, const char *uuid);
int numbered_write(struct numbered *n, struct redis_conn *c, const struct redis_settings *s, const char *uuid);

// The key as one argument.
void numbered_key(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
