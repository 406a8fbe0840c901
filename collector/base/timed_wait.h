// SPDX-License-Identifier: BSD-3-Clause
// Waits for another thread with a time limit, by the monotonic clock, so that setting the wall clock has no effect.
#pragma once

#include <pthread.h>
#include <stdint.h>
#include <time.h>

// Initializes a condition variable for waits until timed_wait_until.
static inline void timed_wait_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

// The time `ms` from now.
static inline struct timespec timed_wait_until(uint64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return until;
}
