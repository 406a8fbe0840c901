// SPDX-License-Identifier: BSD-3-Clause
// The workers (loop/worker.h) as the main thread sees them: set up, started, given filters and ports. Main thread only.
#pragma once

#include <stdbool.h>

#include "dataplane/control/dataplane.h"

// Allocates them; worker i polls queue i of every port that has one. Call it after intake_open. Returns 0 or -ENOMEM.
int workers_set_up(struct dataplane *d);

// Starts them on DPDK's lcores, gives up the program's rights, then lets them poll. Returns 0, or -1 with one logged line.
int workers_start(struct dataplane *d);

// Whether every worker has flushed and ended.
bool workers_are_done(const struct dataplane *d);

// One step of d->follow. In every turn of the main thread.
void workers_follow(struct dataplane *d);

// Counters of a port, those of its workers included.
void workers_read_port(const struct dataplane *d, unsigned index, struct port_stats *stats);

// Headers that the workers did not know (packet/unknown.h). Returns how many.
unsigned workers_unknown(const struct dataplane *d, struct stats_unknown out[static STATS_UNKNOWN_MAX]);

// workers_change.c: while they run ───────────────────────────────────────────────────────────

// If filters were read again after SIGHUP, puts them in force: each worker takes them in its next turn; none waits, no packet
// is lost. Returns true if it did. Do not call it while d->retired is set.
bool workers_reload(struct dataplane *d);

// Frees d->retired when no worker can be using it any more. A worker that replays may wait for the collector in the middle of
// a burst.
void workers_retire_filters(struct dataplane *d);

// A port goes away and comes back (intake_watch): between the two calls no worker polls it.
void workers_pause_port(void *dataplane, unsigned index);
void workers_resume_port(void *dataplane, unsigned index);
