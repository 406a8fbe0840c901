// SPDX-License-Identifier: BSD-3-Clause
// The accounts at the end of a run: printed, and checked.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/common/stats.h"

// Adds the counters of one worker to a total.
void summary_add(struct worker_stats *total, const struct worker_stats *worker);

// Sightings lost, for any reason.
uint64_t summary_lost(const struct worker_stats *total);

// Prints one line per counter family that is not zero, or one JSON object. `loopback`: see hints_tell.
void summary_print(const struct worker_stats *total, const struct stats_unknown *unknown, unsigned unknown_len,
	bool loopback, bool json, FILE *out);

// Checks the sums of common/stats.h when nothing is in flight. If one does not hold, returns false with that sum in `why`.
bool summary_check(const struct worker_stats *total, uint64_t framed, char *why, size_t why_size);
