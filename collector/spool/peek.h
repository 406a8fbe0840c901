// SPDX-License-Identifier: BSD-3-Clause
// Reads the state of a spool without opening it, while a collector may use it; for `lookback spool`. Changes nothing.
#pragma once

#include "collector/spool/stream.h"

struct spool_peek {
	char uuid[STREAM_UUID_TEXT_SIZE];
	uint64_t first; // oldest batch; last + 1 if there is none
	uint64_t last;	// highest number that was given, or 0
	uint64_t acked; // Redis had all batches up to it, as last noted
	uint64_t sent;	// the highest number that was sent to Redis, at most
	bool exact;	// writing has stopped; `acked` was noted then
	bool in_use;	// a collector has locked the folder
};

// Returns 0, or -1 with one line in `why`.
int spool_peek(const char *dir, struct spool_peek *out, char *why, size_t why_size);
