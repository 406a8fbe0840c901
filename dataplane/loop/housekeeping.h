// SPDX-License-Identifier: BSD-3-Clause
// What a worker does between two turns, a few microseconds at a time: reads the clock, sweeps a part of the table (changed
// records → frames), gives up what has timed out.
#pragma once

#include "dataplane/loop/worker_state.h"

// Before the first turn.
void housekeeping_begin(struct worker *w);

// After each turn. A busy worker has something to do every 20 µs; one without packets (`idle`) in each turn.
void housekeeping_turn(struct worker *w, bool idle);

// Hands over everything in the table, and goes on. Sleeps while no frame is free.
void housekeeping_flush(struct worker *w);

// At the end: hands over everything in the table, however long the collector takes. Sleeps while no frame is free.
void housekeeping_flush_all(struct worker *w);
