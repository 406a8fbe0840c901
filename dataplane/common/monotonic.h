// SPDX-License-Identifier: BSD-3-Clause
// Time for time-outs: it never goes back, if the clock of the machine is set back or packets come out of order.
#pragma once

#include <stdint.h>
#include <time.h>

// Milliseconds, microseconds and seconds since some moment in the past (CLOCK_MONOTONIC). Any thread.
static inline uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline uint64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static inline int64_t monotonic_s(void)
{
	return (int64_t)(monotonic_ms() / 1000);
}

// State of a time that may be set back. All zero at first. One thread.
struct monotonic {
	uint64_t latest; // last result
	uint64_t offset; // added to `now`
};

// The time for `now`, in its unit: never less than the last result. Backward steps of `now` up to `slack` are reordering, and
// the result stays; larger ones mean that the clock was set back, and time continues from there.
static inline uint64_t monotonic_of(struct monotonic *m, uint64_t now, uint64_t slack)
{
	uint64_t time = now + m->offset;

	if ((int64_t)(time - m->latest) >= 0)
		m->latest = time;
	else if (m->latest - time > slack)
		m->offset += m->latest - time;
	return m->latest;
}
