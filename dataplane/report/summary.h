// SPDX-License-Identifier: BSD-3-Clause
// The accounts at the end of a run: for people, for programs, and against themselves.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/common/stats.h"

// Adds the counters of one worker to a total.
void summary_add(struct worker_stats *total, const struct worker_stats *worker);

// Sightings lost, for whatever reason.
uint64_t summary_lost(const struct worker_stats *total);

// One line a counter family that is not zero, or one JSON object.
void summary_print(const struct worker_stats *total, const struct stats_unknown *unknown, unsigned unknown_len,
	bool json, FILE *out);

// Checks the sums that common/stats.h states, once nothing is in flight. Returns true where they hold, else
// false with the first that does not in `why`.
bool summary_check(const struct worker_stats *total, uint64_t framed, char *why, size_t why_size);
