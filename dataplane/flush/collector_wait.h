// SPDX-License-Identifier: BSD-3-Clause
// A replay and a collector that is not there: a capture is read only as far as there is room, so the replay waits. It
// says for what, at once and again and again, and how to end it; replay.wait bounds it. Captures alone: live, packets
// do not wait, and the outbox says what is wrong with the connection. Main thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flush/outbox.h"

struct collector_wait {
	const char *socket_path;
	double wait_s;	    // replay.wait; 0: for ever
	uint64_t since_ms;  // nothing was taken over since then, monotonic
	uint64_t said_ms;   // when that was said last; 0: not yet
	uint64_t acked;	    // frames that were taken over until then
	bool was_connected; // at the last look
};

void collector_wait_begin(struct collector_wait *w, const char *socket_path, double wait_s);

// Every turn of the main thread while captures are read or their records handed over. True where the replay gives up,
// which is logged: a collector that never came, or one that is away for longer than replay.wait.
bool collector_wait_is_over(struct collector_wait *w, const struct outbox_stats *stats);
