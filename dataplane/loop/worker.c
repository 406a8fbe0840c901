// SPDX-License-Identifier: BSD-3-Clause
// The loop of a worker. Read this file first.
//
// A worker is one lcore. It polls one RX queue of each port, and in each turn it brings every packet of a burst to its end
// before it polls again:
//
//     RX queue ─► burst ─► headers off ─► DNS message ─► records that are believed ─► table
//                 burst.c  packet/        fast path: answer.h                         table/
//                                         slow path: message.c, dns/, admit/            │ housekeeping.c sweeps it:
//     collector ◄─ main thread: flush/outbox.c ◄─ ring of full frames ◄─ flush/flush.c ◄┘ changed records
//
// Between two turns it does a few microseconds of housekeeping. Nothing in the loop makes a system call, takes a lock, writes
// to the log or allocates memory. An idle worker may sleep (idle.c).
//
// Workers share nothing. The main thread (control/) starts and ends them by `worker_orders`.
#include "dataplane/loop/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "dataplane/loop/burst.h"
#include "dataplane/loop/housekeeping.h"
#include "dataplane/loop/idle.h"
#include "dataplane/loop/message.h"
#include "dataplane/loop/recall.h"
#include "dataplane/loop/worker_setup.h"

enum {
	WAIT_FOR_GO_US = 100,
	IDLE_TURNS = 64 // turns without a packet before the first sleep
};

struct worker_orders worker_orders;

// A capture waits while the table is filling up and no frame is free: a slow collector must not cost it records.
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

// One turn: a burst of every queue. Returns the number of packets.
static uint16_t poll_queues(struct worker *w)
{
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint16_t all = 0;

	w->held_back = false;
	for (uint32_t s = 0; s < w->sources_len; s++) {
		struct worker_source *source = &w->sources[s];
		if (unlikely(atomic_load_explicit(&source->paused, memory_order_acquire)))
			continue;
		if (is_held_back(w, source)) {
			w->held_back = true;
			continue;
		}
		uint16_t len = receive(source, mbufs);
		if (len > 0)
			burst_take(w, source, mbufs, len);
		all += len;
	}
	stats_add(&w->stats.polls, 1);
	if (all == 0)
		stats_add(&w->stats.polls_empty, 1);
	return all;
}

// Only here, between two bursts, does no packet use the old filters: once every worker has begun another turn, the main
// thread frees them.
static inline void take_new_filters(struct worker *w)
{
	const struct filter_set *next = atomic_load_explicit(&w->filters_next, memory_order_acquire);

	if (unlikely(next != w->filters)) {
		w->filters = next;
		message_choose_path(w);
		recall_choose(w);
	}
}

static void run(struct worker *w)
{
	while (!atomic_load_explicit(&worker_orders.stop, memory_order_relaxed)) {
		// the order to drain comes after the last packet was queued: read it before polling
		bool drain = atomic_load_explicit(&worker_orders.drain, memory_order_acquire);
		uint64_t flush = atomic_load_explicit(&worker_orders.flush, memory_order_acquire);
		take_new_filters(w);
		bool idle = poll_queues(w) == 0;
		if (idle && drain && !w->held_back)
			break;
		if (idle && !w->held_back && unlikely(flush != w->flushed)) {
			housekeeping_flush(w);
			atomic_store_explicit(&w->flushed, flush, memory_order_release);
		}
		w->idle_turns = idle ? w->idle_turns + 1 : 0;
		housekeeping_turn(w, idle);
		if (w->idle_turns > IDLE_TURNS && w->options.sleeps) {
			idle_sleep(w);
			poll_gap_slept(&w->gap);
		}
	}
}

int worker_run(void *worker)
{
	struct worker *w = worker;

	if (worker_set_up(w) != 0) {
		atomic_store(&w->failed, true);
		atomic_store(&w->done, true);
		worker_tear_down(w);
		return -1;
	}
	idle_raise_priority(w);
	atomic_store(&w->ready, true);
	while (!atomic_load_explicit(&worker_orders.go, memory_order_acquire))
		rte_delay_us_sleep(WAIT_FOR_GO_US);
	take_new_filters(w);
	message_choose_path(w);
	w->recall.options = *message_options(w);
	recall_choose(w);
	housekeeping_begin(w);
	run(w);
	pkt_tcp_drain(w->tcp, message_take_stream, w); // streams that will get no more segments
	message_publish_verdicts(w);
	atomic_store_explicit(&w->over, true, memory_order_release);
	housekeeping_flush_all(w);
	atomic_store(&w->done, true);
	worker_tear_down(w);
	return 0;
}
