// SPDX-License-Identifier: BSD-3-Clause
// A look into a spool's file from outside, while a collector may be using it: for `lookback spool`. Nothing
// is changed.
#pragma once

#include "collector/spool/stream.h"

struct spool_peek {
	char uuid[STREAM_UUID_TEXT_SIZE];
	uint64_t first; // oldest batch there; last + 1 where there is none
	uint64_t last;	// highest number that was given, or 0
	uint64_t acked; // Redis had everything up to it, as far as was noted
	uint64_t sent;	// the highest number that was sent to Redis, at most
	bool exact;	// writing has stopped, `acked` was noted then
	bool in_use;	// a collector holds the folder
};

// Returns 0, or -1 with one line in `why`.
int spool_peek(const char *dir, struct spool_peek *out, char *why, size_t why_size);
