// SPDX-License-Identifier: BSD-3-Clause
// Time for time-outs: it goes forward only, whatever is done to the machine's clock, and from whenever the packets are.
#pragma once

#include <stdint.h>
#include <time.h>

// Milliseconds since some moment in the past.
static inline uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline int64_t monotonic_s(void)
{
	return (int64_t)(monotonic_ms() / 1000);
}

// What became of a time that may be set back. All zero to begin with.
struct monotonic {
	uint64_t latest; // as told last
	uint64_t offset; // of `latest` from the other time
};

// The time that goes with `now`: as much later than before as `now` is. A `now` that is up to `slack` earlier than one
// before is taken for that one (packets change places); one that is earlier still was set back, and time goes on from it.
static inline uint64_t monotonic_of(struct monotonic *m, uint64_t now, uint64_t slack)
{
	uint64_t time = now + m->offset;

	if ((int64_t)(time - m->latest) >= 0)
		m->latest = time;
	else if (m->latest - time > slack)
		m->offset += m->latest - time;
	return m->latest;
}
