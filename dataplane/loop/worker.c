// SPDX-License-Identifier: BSD-3-Clause
// The loop: a burst in, stage by stage, sightings into the table, what changed out to the frames.
#include "dataplane/loop/worker.h"

#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "dataplane/intake/packet_meta.h"
#include "dataplane/loop/burst.h"

enum {
	WAIT_FOR_GO_US = 100,
	HOUSEKEEPING_HZ = 50000, // looks at the clock and at the sweep, of a worker that is busy
	EXPIRE_LOOKS = 64,	 // worker_expire() is called on every 64th of them; a power of two
	SWEEP_BUCKETS = 32, // at most in one turn, and no more than fit into SWEEP_US: bounds the gap between two polls
	SWEEP_STEP = 1,	    // between two looks at the clock
	SWEEP_US = 8,
	IDLE_TURNS = 64,	 // turns without a packet before the first sleep
	FULL_SLEEP_US = 1000,	 // at the end, while no frame is free
	IDLE_SWEEP_BUCKETS = 512 // at most in one turn without packets
};

struct worker_orders worker_orders;

// sightings → frames, and the clock ──────────────────────────────────────────────────────────

static void read_clock(struct worker *w)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now); // vDSO: no system call
	w->wall_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
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
		 done = 0;

	while (done < most) {
		uint64_t part_len = RTE_MIN(most - done, (uint64_t)SWEEP_STEP),
			 part_done = table_sweep(w->table, part_len);
		done += part_done;
		if (part_done < part_len || rte_get_tsc_cycles() - now_tsc > w->sweep_most_tsc)
			break;
	}
	w->swept += done;
	w->behind = done > 0 && due > w->swept; // without progress it waits for a frame
	if (w->swept >= buckets) {
		w->swept = 0;
		w->sweep_start = now_tsc;
		flush_push(&w->flush);
	}
	if (now_tsc - w->push_tsc > rte_get_tsc_hz() / 4) { // what is in a frame does not wait long
		w->push_tsc = now_tsc;
		flush_push(&w->flush);
	}
}

static void housekeeping(struct worker *w, bool idle)
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
		if (live) // time goes on without packets, unless it is a capture's
			burst_set_clock(w);
	}
	sweep(w, now_tsc, idle);
	if (!w->replays && (idle || w->looks % EXPIRE_LOOKS == 0))
		worker_expire(w);
}

// the loop ───────────────────────────────────────────────────────────────────────────────────

// A capture waits where the table is filling up and no frame is free: what it holds need not be lost because the
// collector is slow.
static inline bool is_held_back(const struct worker *w, const struct worker_source *source)
{
	return unlikely(source->packet_time) && table_is_filling(w->table) && rte_ring_empty(w->flush.free);
}

static inline uint16_t receive(const struct worker_source *source, struct rte_mbuf **mbufs)
{
	if (unlikely(source->receive != NULL))
		return source->receive(source->from, mbufs, WORKER_BURST);
	return rte_eth_rx_burst(source->port, source->queue, mbufs, WORKER_BURST);
}

static uint16_t turn(struct worker *w)
{
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint16_t all = 0;

	w->held_back = false;
	for (uint32_t s = 0; s < w->sources_len; s++) {
		if (unlikely(atomic_load_explicit(&w->sources[s].paused, memory_order_acquire)))
			continue;
		if (is_held_back(w, &w->sources[s])) {
			w->held_back = true;
			continue;
		}
		uint16_t len = receive(&w->sources[s], mbufs);
		if (len > 0)
			take_burst(w, &w->sources[s], mbufs, len);
		all += len;
	}
	stats_add(&w->stats.polls, 1);
	if (all == 0)
		stats_add(&w->stats.polls_empty, 1);
	return all;
}

// Between two packets nothing of a set is in use: the turn before was the last to look at the old one.
static inline void take_filters(struct worker *w)
{
	const struct filter_set *next = atomic_load_explicit(&w->filters_next, memory_order_acquire);

	if (unlikely(next != w->filters)) {
		w->filters = next;
		choose_way(w);
	}
}

// Everything in the table to the frames, however long the collector takes.
static void flush_all(struct worker *w)
{
	table_settle(w->table);
	while (w->collapse && !collapse_finish(w->collapse))
		rte_delay_us_sleep(FULL_SLEEP_US);
	for (uint64_t left = table_buckets(w->table); left > 0;) {
		uint64_t done = table_sweep(w->table, left);
		left -= done;
		if (left > 0)
			rte_delay_us_sleep(FULL_SLEEP_US);
	}
	flush_push(&w->flush);
}

static void wait_for_frame(void *flush)
{
	struct worker *w = container_of(flush, struct worker, flush);

	flush_wait(&w->flush);
	poll_gap_slept(&w->gap);
}

static int set_up(struct worker *w)
{
	const struct worker_options *o = &w->options;
	const struct table_options table = {.records = o->table_records,
		.huge_pages = w->huge_pages,
		.sink = flush_record,
		.sink_context = &w->flush,
		.wait = w->replays ? wait_for_frame : NULL};
	const struct collapse_options collapse = {.names = o->flood_names,
		.interval_s = o->flood_interval_s,
		// of a capture once an interval: no one waits for it, and it does not depend on flush.interval
		.report_s = w->replays		      ? UINT32_MAX
			    : o->flush_interval_s < 1 ? 1
						      : (uint32_t)o->flush_interval_s,
		.key = &w->key,
		.notices = &w->flood_notices};
	const struct pkt_tcp_options tcp = {.flows = o->tcp_flows,
		.held_bytes = o->tcp_memory,
		.timeout_s = o->tcp_timeout_s,
		.touch = w->sources_len > 0 && !w->sources[0].packet_time}; // a capture can wait for a page

	if (w->seed != 0)
		hash_key_from(&w->key, w->seed);
	else if (hash_key_random(&w->key) != 0)
		return -1;
	w->message = dns_message_new(&w->key);
	w->admit = admit_new();
	// in DPDK's memory, which the huge pages of tables must leave room for
	w->frag = pkt_frag_new(o->frag_datagrams, o->frag_timeout_ms, &w->key, &w->stats);
	w->table = table_new(&table, &w->stats);
	if (w->table && o->flood_names > 0)
		w->collapse = collapse_new(&collapse, w->table, &w->stats);
	w->tcp = pkt_tcp_new(&tcp, &w->key, &w->stats);
	w->copies = copies_new(o->dedup_ms * 1000, &w->key, &w->stats);
	w->linear = malloc(PACKET_SIZE_MAX);
	w->rdata = malloc(DNS_RDATA_SIZE);
	if (o->match != ADMIT_MATCH_OFF)
		w->match = admit_match_new(o->match_size, o->match_timeout_s, w->huge_pages, &w->key, &w->stats);
	return w->message && w->admit && w->table && w->tcp && w->frag && w->copies && w->linear && w->rdata &&
			       (w->match || o->match == ADMIT_MATCH_OFF) && (w->collapse || o->flood_names == 0)
		       ? 0
		       : -1;
}

static void tear_down(struct worker *w)
{
	dns_message_free(w->message);
	admit_free(w->admit);
	admit_match_free(w->match);
	collapse_free(w->collapse);
	table_free(w->table);
	pkt_tcp_free(w->tcp);
	pkt_frag_free(w->frag);
	copies_free(w->copies);
	free(w->linear);
	free(w->rdata);
}

int worker_run(void *worker)
{
	struct worker *w = worker;

	if (set_up(w) != 0) {
		atomic_store(&w->failed, true);
		atomic_store(&w->done, true);
		tear_down(w);
		return -1;
	}
	worker_prefer(w);
	atomic_store(&w->ready, true);
	while (!atomic_load_explicit(&worker_orders.go, memory_order_acquire))
		rte_delay_us_sleep(WAIT_FOR_GO_US);
	take_filters(w);
	choose_way(w);
	read_clock(w);
	poll_gap_begin(&w->gap, rte_get_tsc_hz());
	w->sweep_start = w->push_tsc = w->look_tsc = rte_get_tsc_cycles();
	w->look_every_tsc = rte_get_tsc_hz() / HOUSEKEEPING_HZ;
	w->sweep_most_tsc = rte_get_tsc_hz() * SWEEP_US / 1000000;
	while (!atomic_load_explicit(&worker_orders.stop, memory_order_relaxed)) {
		// the order to drain is given after the last packet was queued, so read it before looking
		bool drain = atomic_load_explicit(&worker_orders.drain, memory_order_acquire);
		take_filters(w);
		bool idle = turn(w) == 0;
		if (idle && drain && !w->held_back)
			break;
		w->idle_turns = idle ? w->idle_turns + 1 : 0;
		housekeeping(w, idle);
		if (w->idle_turns > IDLE_TURNS && w->options.sleeps) {
			worker_doze(w);
			poll_gap_slept(&w->gap);
		}
	}
	pkt_tcp_drain(w->tcp, take_stream_message, w);
	publish_verdicts(w);
	atomic_store_explicit(&w->over, true, memory_order_release);
	flush_all(w);
	atomic_store(&w->done, true);
	tear_down(w);
	return 0;
}
