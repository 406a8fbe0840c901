// SPDX-License-Identifier: BSD-3-Clause
// What the counters say of a tap or a capture that does not give all, each with what to do about it.
#pragma once

#include "dataplane/stats.h"

enum hint { HINT_SNAPPED, HINT_OVERSIZED, HINT_NO_TIME, HINT_MAX };

// Calls `tell` with one line for each hint that the counters of all workers together give.
void hints_tell(const struct worker_stats *total,
	void (*tell)(void *context, enum hint hint, const char *text), void *context);
