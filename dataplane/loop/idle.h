// SPDX-License-Identifier: BSD-3-Clause
// A worker that has no packets, with idle = sleep: it sleeps until the next packet, or until its housekeeping is due.
#pragma once

#include "dataplane/loop/worker_state.h"

// Before the first turn: raises the priority of the calling thread, so that it wakes without delay. With idle = poll it does
// nothing: a thread that never sleeps would starve the others on its core.
void idle_raise_priority(const struct worker *w);

// Sleeps, at most 5 ms; returns at once if the sweep is behind.
void idle_sleep(const struct worker *w);
