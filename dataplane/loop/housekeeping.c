// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/housekeeping.h"

#include <time.h>

#include <rte_cycles.h>

#include "dataplane/loop/recall.h"
#include "dataplane/loop/timeouts.h"

enum {
	HOUSEKEEPING_HZ = 50000, // of a worker that is busy
	EXPIRE_LOOKS = 64,	 // run timeouts_expire() on every 64th pass; a power of two
	SWEEP_BUCKETS = 32, // at most in one turn, and no more than fit into SWEEP_US: bounds the gap between two polls
	SWEEP_STEP = 1,	    // buckets between two looks at the TSC
	SWEEP_US = 8,	    // microseconds
	IDLE_SWEEP_BUCKETS = 512, // at most in one turn without packets
	PUSHES_HZ = 4,		  // a record waits in a partial frame for a quarter of a second at most
	FULL_SLEEP_US = 1000	  // at the end, while no frame is free
};

static void read_clock(struct worker *w)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now); // vDSO: no system call
	w->wall_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void housekeeping_begin(struct worker *w)
{
	read_clock(w);
	poll_gap_begin(&w->gap, rte_get_tsc_hz());
	w->sweep_start = w->push_tsc = w->look_tsc = rte_get_tsc_cycles();
	w->look_every_tsc = rte_get_tsc_hz() / HOUSEKEEPING_HZ;
	w->sweep_most_tsc = rte_get_tsc_hz() * SWEEP_US / 1000000;
}

// As many buckets as are due for a round of the sweep in each flush interval, a few at a time.
static void sweep(struct worker *w, uint64_t now_tsc, bool idle)
{
	uint64_t round_tsc = (uint64_t)(w->options.flush_interval_s * (double)rte_get_tsc_hz());
	uint64_t buckets = table_buckets(w->table);
	double part = (double)(now_tsc - w->sweep_start) / (double)round_tsc;
	uint64_t due = part >= 1 ? buckets : (uint64_t)(part * (double)buckets);

	uint64_t most = RTE_MIN(due > w->swept ? due - w->swept : 0,
			 idle ? (uint64_t)IDLE_SWEEP_BUCKETS : SWEEP_BUCKETS),
		 done = 0, until_tsc = now_tsc + w->sweep_most_tsc;
	bool drained = true;

	while (done < most) {
		uint64_t part_len = RTE_MIN(most - done, (uint64_t)SWEEP_STEP);
		drained = recall_drain_before(w, w->swept + done + part_len, buckets, until_tsc);
		if (!drained)
			break;
		uint64_t part_done = table_sweep(w->table, part_len);
		done += part_done;
		if (part_done < part_len || rte_get_tsc_cycles() > until_tsc)
			break;
	}
	w->swept += done;
	w->behind = (done > 0 || !drained) && due > w->swept; // without progress it waits for a frame
	if (w->swept >= buckets) {
		w->swept = 0;
		w->recall.drained = 0;
		w->sweep_start = now_tsc;
		flush_push(&w->flush);
	}
	if (now_tsc - w->push_tsc > rte_get_tsc_hz() / PUSHES_HZ) { // what is in a frame does not wait long
		w->push_tsc = now_tsc;
		flush_push(&w->flush);
	}
}

void housekeeping_turn(struct worker *w, bool idle)
{
	uint64_t now_tsc = rte_get_tsc_cycles();

	poll_gap_note(&w->gap, now_tsc, &w->stats);
	if (likely(!idle && !w->behind && now_tsc - w->look_tsc < w->look_every_tsc))
		return;
	w->look_tsc = now_tsc;
	w->looks++;
	read_clock(w);
	if (idle) {
		table_settle(w->table);
		bool live = true;
		for (uint32_t i = 0; i < w->sources_len; i++)
			live &= !w->sources[i].packet_time;
		if (live) // live time advances without packets, that of a capture does not
			timeouts_set_clock(w);
	}
	if (unlikely(w->recall.retires))
		recall_retire(w);
	sweep(w, now_tsc, idle);
	if (!w->replays && (idle || w->looks % EXPIRE_LOOKS == 0))
		timeouts_expire(w);
}

void housekeeping_flush(struct worker *w)
{
	recall_drain_all(w);
	table_settle(w->table);
	for (uint64_t left = table_buckets(w->table); left > 0;) {
		uint64_t done = table_sweep(w->table, left);
		left -= done;
		if (left > 0)
			rte_delay_us_sleep(FULL_SLEEP_US);
	}
	flush_push(&w->flush);
	poll_gap_slept(&w->gap);
}

void housekeeping_flush_all(struct worker *w)
{
	recall_drain_all(w);
	table_settle(w->table);
	while (w->collapse && !collapse_finish(w->collapse))
		rte_delay_us_sleep(FULL_SLEEP_US);
	housekeeping_flush(w);
}
