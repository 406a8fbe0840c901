// SPDX-License-Identifier: BSD-3-Clause
// A replay whose collector is away. The replay reads on only while there is room, so it waits; it logs at once, and again
// every 30 s, what it waits for and how to end it. The setting replay.wait limits the time. For captures only: live packets do
// not wait, and the outbox logs errors of the connection. Main thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flush/outbox.h"

struct collector_wait {
	const char *socket_path;
	double wait_s;	    // replay.wait; 0: for ever
	uint64_t since_ms;  // monotonic, milliseconds: nothing was acknowledged since then
	uint64_t said_ms;   // when it was last logged; 0: not yet
	uint64_t acked;	    // frames acknowledged until then
	bool was_connected; // at the last look
};

void collector_wait_begin(struct collector_wait *w, const char *socket_path, double wait_s);

// Call in every turn of the main thread while captures are read or their records handed over. True: the replay gives up
// (logged), because the collector never came or is away for longer than replay.wait.
bool collector_wait_is_over(struct collector_wait *w, const struct outbox_stats *stats);
