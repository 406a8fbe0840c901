// SPDX-License-Identifier: BSD-3-Clause
// What the counters say of a tap or a capture that does not give everything, each with what to do about it.
#pragma once

#include <stdbool.h>

#include "dataplane/common/stats.h"

enum hint {
	HINT_NO_ANSWERS,
	HINT_NO_QUERIES,
	HINT_COPIES,
	HINT_FORGOTTEN,
	HINT_SNAPPED,
	HINT_OVERSIZED,
	HINT_NO_TIME,
	HINT_MAX
};

// Calls `tell` with one line for each hint that the counters of all workers together give. `is_urgent`:
// records are lost, or counted twice, in a number that matters.
typedef void hints_take(void *context, enum hint hint, bool is_urgent, const char *text);
void hints_tell(const struct worker_stats *total, hints_take *tell, void *context);
