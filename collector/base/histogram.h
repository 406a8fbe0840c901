// SPDX-License-Identifier: BSD-3-Clause
// Histograms of durations, for /metrics. All have the same buckets, so that one rule fits all. One writing thread each.
#pragma once

#include "dataplane/common/stats.h"

#include <time.h>

enum { HISTOGRAM_BOUNDS = 14 };

struct histogram {
	uint64_t bucket[HISTOGRAM_BOUNDS + 1]; // observations in this bucket alone; the last one: above all bounds
	uint64_t sum_ns;
};

// Upper bounds of the buckets: nanoseconds, and seconds as text.
extern const uint64_t histogram_bound_ns[HISTOGRAM_BOUNDS];
extern const char *const histogram_bound_text[HISTOGRAM_BOUNDS];

// Of this process.
extern struct histogram
	histogram_exec; // writer: from EXEC of a batch to its replies; in a cluster, of a group of batches
extern struct histogram histogram_lookup; // HTTP thread: from the request to the beginning of the answer, lookups
extern struct histogram histogram_page;	  // HTTP thread: the same for all other paths

// Now, in nanoseconds of CLOCK_MONOTONIC.
static inline uint64_t histogram_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// Counts one duration.
void histogram_add(struct histogram *h, uint64_t ns);

// Counts the time since `from_ns`; 0: nothing.
void histogram_since(struct histogram *h, uint64_t from_ns);
