// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/replay.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/intake/pipe_input.h"
#include "dataplane/packet/packet.h"
#include "dataplane/common/stats.h"

enum {
	QUEUE_LEN = 2048,	   // packets that wait for a worker; a power of two
	SPARES = 32,		   // buffers taken from the pool at once
	CLOCK_SLACK_US = 10000000, // reordering; a packet that is older by more belongs to another period
	CLOCK_NEXT_US = 1000000,   // gap that a next capture may have to the one before
	SILENT_MS = 1000	   // how long packets of one pipe wait for those of another one that may be older
};

struct replay_queue {
	struct replay *replay;
	unsigned worker;
	struct rte_ring *ring; // packets that others have read for it; NULL with one worker
};

struct replay {
	const struct capture *captures;		       // ro, but for replay_give
	unsigned captures_len;			       // the same
	struct pipe_input *const *pipes;	       // read after the captures. ro
	unsigned pipes_len;			       // ro
	struct rte_mempool *pool;		       // ro
	struct replay_queue queues[STATS_WORKERS_MAX]; // ro
	unsigned queues_len;			       // ro
	struct dns_ports every_port;		       // all ports, to find the addresses of any packet. ro
	atomic_flag reading;			       // the thread that has set it may write the members below
	unsigned captures_read;
	struct capture_reader *reader; // of the current capture, or NULL
	uint64_t packets_read;	       // of it
	struct pipe_input *pipe;       // that `packet` belongs to, or NULL
	uint64_t pipe_us;	       // the latest time of a packet of a pipe
	uint64_t silent_ms;	       // monotonic: since when a pipe has been waited for; 0: none
	struct capture_packet packet;
	bool has_packet;	// it waits for a buffer or for room in a queue
	uint64_t pause_us;	// see replay_new
	struct monotonic clock; // one for all workers
	struct rte_mbuf *spares[SPARES];
	unsigned spares_len;
	struct worker_stats unused_stats; // pkt_decap counts here; not used
	atomic_bool done;		  // main: r
	atomic_bool failed;		  // main: r
	atomic_uint_fast64_t packets;	  // main: r
};

struct replay *replay_new(const struct replay_sources *sources, unsigned workers, uint64_t pause_us,
	struct rte_mempool *pool)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r) {
		log_error("replay: no memory");
		return NULL;
	}
	r->captures = sources->captures;
	r->captures_len = sources->captures_len;
	r->pipes = sources->pipes;
	r->pipes_len = sources->pipes_len;
	r->pool = pool;
	r->pause_us = pause_us;
	r->queues_len = workers;
	memset(&r->every_port, 0xff, sizeof(r->every_port));
	for (unsigned i = 0; i < workers; i++) {
		struct replay_queue *q = &r->queues[i];
		char name[RTE_RING_NAMESIZE];
		q->replay = r;
		q->worker = i;
		if (workers == 1)
			break;
		snprintf(name, sizeof(name), "replay_%u", i);
		q->ring = rte_ring_create(name, QUEUE_LEN, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!q->ring) {
			log_error("replay: no memory for a queue: %s", rte_strerror(rte_errno));
			replay_free(r);
			return NULL;
		}
	}
	return r;
}

void replay_give(struct replay *r, const struct capture *captures, unsigned captures_len)
{
	while (atomic_flag_test_and_set_explicit(&r->reading, memory_order_acquire))
		; // a worker that has just found that there is nothing
	r->captures = captures;
	r->captures_len = captures_len;
	r->captures_read = 0;
	atomic_store_explicit(&r->done, false, memory_order_release);
	atomic_flag_clear_explicit(&r->reading, memory_order_release);
}

void *replay_queue(struct replay *r, unsigned worker)
{
	return &r->queues[worker];
}

// files → packets ────────────────────────────────────────────────────────────────────────────

// Ends a capture; `error`: reason if it failed, or NULL.
static void end_capture(struct replay *r, const char *error)
{
	const struct capture *capture = &r->captures[r->captures_read];

	if (!error && r->packets_read != capture->packets)
		error = "another length";
	if (error) {
		log_error("%s: changed while it was read: %s; %llu of its %llu packets were taken", capture->path,
			error, (unsigned long long)r->packets_read, (unsigned long long)capture->packets);
		atomic_store(&r->failed, true);
	}
	capture_close(r->reader);
	r->reader = NULL;
	r->packets_read = 0;
	r->captures_read++;
}

// From the captures. False at the end of the last one.
static bool read_captures(struct replay *r)
{
	char why[512];

	while (r->captures_read < r->captures_len) {
		if (r->captures[r->captures_read].packets == 0) {
			r->captures_read++; // no packet, or none that is complete
			continue;
		}
		if (!r->reader)
			r->reader = capture_open(&r->captures[r->captures_read], why, sizeof(why));
		int result = r->reader ? capture_next(r->reader, &r->packet) : -1;
		if (result == 1) {
			r->packets_read++;
			return true;
		}
		end_capture(r, result == 0 ? NULL : r->reader ? capture_error(r->reader) : why);
	}
	return false;
}

// Whether a packet that is this much later than all before should wait for another pipe, which has none now.
static bool is_early(struct replay *r, uint64_t us)
{
	if (us <= r->pipe_us + CLOCK_SLACK_US || !capture_has_time(us)) {
		r->silent_ms = 0;
		return false;
	}
	if (r->silent_ms == 0)
		r->silent_ms = monotonic_ms();
	return monotonic_ms() - r->silent_ms < SILENT_MS;
}

// From the pipe whose next packet is the oldest. False if there is none now, or none any more: `*is_over`.
static bool read_pipes(struct replay *r, bool *is_over)
{
	struct pipe_input *oldest = NULL;
	bool all_there = true;
	uint64_t us = UINT64_MAX;

	*is_over = true;
	for (unsigned i = 0; i < r->pipes_len; i++) {
		const struct capture_packet *next = pipe_input_peek(r->pipes[i]);
		if (!next && pipe_input_is_over(r->pipes[i]))
			continue;
		*is_over = false;
		next = pipe_input_peek(r->pipes[i]); // one may have come meanwhile
		all_there &= next != NULL;
		if (next && (!oldest || next->us < us)) {
			oldest = r->pipes[i];
			us = next->us;
		}
	}
	if (!oldest || (!all_there && is_early(r, us)))
		return false;
	r->pipe = oldest;
	r->packet = *pipe_input_peek(oldest);
	if (capture_has_time(us) && us > r->pipe_us)
		r->pipe_us = us;
	r->packets_read++;
	return true;
}

// False if there is no packet now; `done` is set if there will be none.
static bool read_packet(struct replay *r)
{
	bool is_over = true;

	if (r->captures_read < r->captures_len && read_captures(r))
		return true;
	if (r->pipes_len > 0 && read_pipes(r, &is_over))
		return true;
	if (!is_over)
		return false;
	for (unsigned i = 0; i < r->pipes_len; i++)
		if (pipe_input_failed(r->pipes[i]))
			atomic_store(&r->failed, true);
	atomic_store_explicit(&r->done, true, memory_order_release);
	return false;
}

// packets → buffers ──────────────────────────────────────────────────────────────────────────

static inline struct rte_mbuf *take_spare(struct replay *r)
{
	if (r->spares_len == 0 && rte_pktmbuf_alloc_bulk(r->pool, r->spares, SPARES) == 0)
		r->spares_len = SPARES;
	return r->spares_len > 0 ? r->spares[--r->spares_len] : NULL;
}

// Copies a packet into as many buffers as it needs. NULL if there are not enough.
static inline struct rte_mbuf *copy_packet(struct replay *r, const uint8_t *bytes, uint32_t size)
{
	struct rte_mbuf *head = take_spare(r), *last = head;
	uint32_t at = 0;

	while (last) {
		uint16_t part = (uint16_t)RTE_MIN(size - at, (uint32_t)rte_pktmbuf_tailroom(last));
		memcpy(rte_pktmbuf_mtod(last, uint8_t *), bytes + at, part);
		last->data_len = part;
		at += part;
		if (likely(at == size)) {
			head->pkt_len = size;
			return head;
		}
		last->next = take_spare(r);
		last = last->next;
		head->nb_segs++;
	}
	if (head) { // no more buffers
		head->nb_segs--;
		rte_pktmbuf_free(head);
	}
	return NULL;
}

// packets → workers ──────────────────────────────────────────────────────────────────────────

// By the innermost addresses, in either order: the same worker for both directions of a conversation and for fragments.
static __rte_noinline unsigned choose_worker(struct replay *r, const uint8_t *frame, size_t size, enum link_kind link)
{
	struct pkt pkt;
	uint32_t sum = 0;

	if (pkt_decap(&pkt, frame, size, link, &r->every_port, &r->unused_stats) == PKT_DROP)
		return 0;
	for (size_t i = 0; i < (pkt.ip_version == 4 ? 4u : 16u); i++)
		sum = sum * 31 + (pkt.src[i] ^ pkt.dst[i]) + (uint32_t)pkt.src[i] * pkt.dst[i];
	sum *= 0x9e3779b1u;
	return (unsigned)(((uint64_t)sum * r->queues_len) >> 32);
}

// Time for time-outs. A packet without a valid time, which will be dropped, does not move it.
static uint64_t clock_of(struct replay *r, uint64_t us)
{
	struct monotonic *c = &r->clock;

	if (!capture_has_time(us))
		return c->latest;
	if (r->packets_read == 1 && us + c->offset + CLOCK_NEXT_US < c->latest)
		c->offset = c->latest + r->pause_us - us;
	return monotonic_of(c, us, CLOCK_SLACK_US);
}

// Reads until there are `len` packets for this queue, or until a packet has to wait.
static uint16_t read_packets(const struct replay_queue *q, struct rte_mbuf **mbufs, uint16_t len)
{
	struct replay *r = q->replay;
	uint64_t packets = 0;
	uint16_t n = 0;

	while (n < len && (r->has_packet || read_packet(r))) {
		const struct capture_packet *p = &r->packet;
		unsigned worker = q->ring ? choose_worker(r, p->bytes, p->size, p->link) : q->worker;
		struct rte_mbuf *m = NULL;
		if (worker == q->worker || !rte_ring_full(r->queues[worker].ring))
			m = copy_packet(r, p->bytes, p->size);
		r->has_packet = m == NULL;
		if (!m)
			break;
		packet_meta_set(m, p->us, clock_of(r, p->us), p->link, p->is_snapped);
		if (r->pipe)
			pipe_input_take(r->pipe);
		r->pipe = NULL;
		if (worker == q->worker)
			mbufs[n++] = m;
		else
			rte_ring_enqueue(r->queues[worker].ring, m);
		packets++;
	}
	atomic_fetch_add_explicit(&r->packets, packets, memory_order_relaxed);
	return n;
}

uint16_t replay_receive(void *queue, struct rte_mbuf **mbufs, uint16_t len)
{
	const struct replay_queue *q = queue;
	struct replay *r = q->replay;
	uint16_t n = 0;

	if (q->ring && (n = (uint16_t)rte_ring_dequeue_burst(q->ring, (void **)mbufs, len, NULL)) > 0)
		return n;
	if (atomic_load_explicit(&r->done, memory_order_relaxed) ||
		atomic_flag_test_and_set_explicit(&r->reading, memory_order_acquire))
		return 0;
	// packets that came into the queue meanwhile are older than those to be read
	if (q->ring)
		n = (uint16_t)rte_ring_dequeue_burst(q->ring, (void **)mbufs, len, NULL);
	if (n == 0)
		n = read_packets(q, mbufs, len);
	atomic_flag_clear_explicit(&r->reading, memory_order_release);
	return n;
}

bool replay_is_done(const struct replay *r)
{
	return atomic_load_explicit(&r->done, memory_order_acquire);
}

bool replay_failed(const struct replay *r)
{
	return atomic_load(&r->failed);
}

uint64_t replay_packets(const struct replay *r)
{
	return atomic_load_explicit(&r->packets, memory_order_relaxed);
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	capture_close(r->reader);
	for (unsigned i = 0; i < r->queues_len; i++)
		rte_ring_free(r->queues[i].ring);
	rte_pktmbuf_free_bulk(r->spares, r->spares_len);
	free(r);
}
