// SPDX-License-Identifier: BSD-3-Clause
// Waiting for another thread, for a time that no change of the machine's clock makes longer or shorter.
#pragma once

#include <pthread.h>
#include <stdint.h>
#include <time.h>

// A condition that can be waited for until timed_wait_until.
static inline void timed_wait_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

// When `ms` from now are over.
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
