// SPDX-License-Identifier: BSD-3-Clause
// Finds steps of the machine's clock: changes of CLOCK_REALTIME that no time has passed for. NTP slews by 0.5 ms per second at
// most, so a change of half a second between two looks a second apart is a step.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { CLOCK_STEP_MS = 500 };

// All zero at first. One thread.
struct clock_steps {
	int64_t offset_ms; // of the wall clock from the time since the boot
	uint64_t looked;   // how often
};

// Two readings, of the wall clock and since the boot. Returns the step in milliseconds since the last call, 0 if there was none.
static inline int64_t clock_steps_of(struct clock_steps *c, int64_t wall_ms, int64_t boot_ms)
{
	int64_t before = c->offset_ms;

	c->offset_ms = wall_ms - boot_ms;
	if (c->looked++ == 0 || llabs(c->offset_ms - before) < CLOCK_STEP_MS)
		return 0;
	return c->offset_ms - before;
}

// The same for now. CLOCK_BOOTTIME also counts while the machine sleeps.
static inline int64_t clock_steps_look(struct clock_steps *c)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return clock_steps_of(c, (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
		(int64_t)boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
}
