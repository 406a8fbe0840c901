// SPDX-License-Identifier: BSD-3-Clause
// How long a worker is away from its queues: a histogram of the time from poll to poll, by the TSC, which the loop reads anyway.
// A gap in which the kernel gave the core to another thread is counted separately. Restartable sequences (rseq(2)) show that
// without a system call: the kernel clears the pointer to a critical section when it takes the core away. Without rseq,
// getrusage counts the switches, for long gaps only. Time that a hypervisor takes away looks like the worker's own work.
//
//     gaps shorter than   0.78  1.6  3.1  6.3  12.5  25  50  100  200  400  800  1600 µs, and all others
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/common/stats.h"

enum {
	POLL_GAP_BUCKETS = 13,
	POLL_GAP_LIMIT_US = 50, // for longer gaps switches are looked up
	POLL_GAP_FINE = 64	// the limit, in units of the first bucket
};

struct poll_gap {
	uint64_t last;	      // TSC of the last poll; 0: do not count the next gap
	uint64_t limit;	      // TSC
	uint64_t fine_mult;   // TSC → first buckets, by 2^-32
	uint64_t ns_mult;     // TSC → ns, by 2^-32
	uint64_t longest_ns;  // the longest gap without a switch
	uint64_t switches;    // involuntary ones of the thread, as last seen
	void *volatile *away; // rseq's pointer, cleared when the core is taken away; NULL: no rseq
};

// For the calling thread; from now on only it may use `g`.
void poll_gap_begin(struct poll_gap *g, uint64_t tsc_hz);

// True if the kernel has taken the core away since the last call. For gaps over the limit.
bool poll_gap_was_away(struct poll_gap *g);

// Arms the detection: from now on a switch is noticed.
void poll_gap_watch(struct poll_gap *g);

// A poll at `now` (TSC).
static inline void poll_gap_note(struct poll_gap *g, uint64_t now, struct worker_stats *stats)
{
	uint64_t gap = now - g->last, ns = (uint64_t)((__uint128_t)gap * g->ns_mult >> 32);

	if (__builtin_expect(g->last == 0, 0)) {
		g->last = now;
		poll_gap_watch(g);
		return;
	}
	g->last = now;
	bool away = (g->away && *g->away == 0) || (gap > g->limit && poll_gap_was_away(g));
	if (__builtin_expect(away, 0)) {
		poll_gap_watch(g);
		stats_add(&stats->poll_taken, 1);
		stats_add(&stats->poll_taken_ns, ns);
		return;
	}
	uint64_t fine = (uint64_t)((__uint128_t)gap * g->fine_mult >> 32);
	unsigned at = fine ? 64 - (unsigned)__builtin_clzll(fine) : 0;
	stats_add(&stats->poll_gap_0 + (at < POLL_GAP_BUCKETS ? at : POLL_GAP_BUCKETS - 1), 1);
	stats_add(&stats->poll_gap_ns, ns);
	if (__builtin_expect(ns > g->longest_ns, 0)) {
		g->longest_ns = ns;
		stats_set(&stats->poll_gap_longest_ns, ns);
	}
}

// The worker has slept on purpose: the time until the next poll is not a gap.
static inline void poll_gap_slept(struct poll_gap *g)
{
	g->last = 0;
}
