// SPDX-License-Identifier: BSD-3-Clause
// Hints: what the counters show about an incomplete tap or capture, and what to do about it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

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

// Name of a hint, for programs: "no-answers".
extern const char *const hints_name[HINT_MAX];

// Receives one line. `is_urgent`: records are lost or counted twice, in a number that matters.
typedef void hints_take(void *context, enum hint hint, bool is_urgent, const char *text);

// Calls `tell` for each hint that the counters of all workers give. `loopback`: the ports are loopback interfaces, where a larger
// MTU does not help.
void hints_tell(const struct worker_stats *total, bool loopback, hints_take *tell, void *context);

// Writes what to do about frames that are longer than the packet buffers of an interface.
void hints_long_frames(const char *iface, bool loopback, char *text, size_t size);
