// SPDX-License-Identifier: BSD-3-Clause
// Which threads make progress, for the watchdog of the service manager. Each thread counts its turns; the main thread looks at
// the counts. A thread whose count does not change for too long is stalled, and the main thread sends no keep-alive any more.
// Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { STALL_THREADS_MAX = 256 };

struct stall {
	uint64_t limit_ms; // longest time without a turn; 0: nothing is watched
	struct {
		uint64_t turns, since_ms; // as seen last, and since when
		bool seen;
	} threads[STALL_THREADS_MAX];
};

// `watchdog_ms`: of the service manager; a stall is noticed after half of it. 0: no watchdog.
void stall_init(struct stall *s, uint64_t watchdog_ms);

// One look at thread `i`. `turns`: its count; `is_excused`: it waits for something that may take long. `more_ms`: it may take so
// much longer for a turn. Returns for how long it has been stalled in ms, or 0 if it is not.
uint64_t stall_look(struct stall *s, unsigned i, uint64_t turns, bool is_excused, uint64_t more_ms, uint64_t now_ms);
