// SPDX-License-Identifier: BSD-3-Clause
// A UDP datagram with a DNS message → sightings, by the fast path (answer.h) or the slow one (message.h).
//
// With query matching, the queries that responses are looked up in lie all over a large memory. So the datagrams of a burst
// wait, while the memory of each is prefetched, and are taken at the end of the burst.
#pragma once

#include "dataplane/loop/answer.h"
#include "dataplane/loop/burst_state.h"
#include "dataplane/loop/message.h"
#include "dataplane/loop/recall.h"

// Takes the datagrams that wait.
void datagram_take_waiting(struct worker *w, struct burst *b);

// The same on the path WORKER_FASTEST.
void datagram_take_looked(struct worker *w, struct burst *b);

// Adds a datagram to the burst; it is taken at once, or waits. `room`: octets that can be read from its payload on. Inline,
// so that `pkt` is written once, to where it waits.
static inline __attribute__((always_inline)) void datagram_add(struct worker *w, struct burst *b, const struct pkt *pkt,
	size_t room)
{
	struct datagram *d = &b->waiting[b->waiting_len];

	b->udp++;
	if (unlikely(w->depth < WORKER_PARSE))
		return;
	d->pkt = *pkt;
	d->room = room;
	d->now_s = b->now_s;
	d->look.set = LOOK_NONE;
	d->look.way = 0;
	if (w->recall.on && !w->replays)
		answers_look_begin(w->recall.answers, d->pkt.payload, d->pkt.payload_size, room, &d->look);
	d->is_matched = b->is_matched;
	if (likely(w->match != NULL) && !d->is_matched)
		admit_match_begin(w->match, &d->pkt, false, d->pkt.payload, d->pkt.payload_size, room, &d->key);
	if (++b->waiting_len == WORKER_BURST || !(w->match || w->recall.on))
		datagram_take_waiting(w, b);
}

// True if the message is an ordinary answer; its records are then prepared, and table_commit adds them. `name_size`: of the
// question's name if it is known, or 0.
static inline __attribute__((always_inline)) bool datagram_read_answer(struct worker *w, const uint8_t *wire,
	size_t size, size_t room, uint32_t now_s, size_t name_size, struct answer *a)
{
	const struct answer_context x = {.table = w->table,
		.key = &w->key,
		.options = message_options(w),
		.wire = wire,
		.size = size,
		.room = room,
		.name_size = name_size,
		.time_s = now_s};

	table_next_message(w->table);
	return answer_read(a, &x);
}

// Takes a datagram on the path WORKER_FASTEST. Inline, and not split into steps over the burst: that was slower, by a sixth on
// hot traffic and a twentieth on isp (scripts/bench). If it is looked up among the answers seen before, it waits.
static inline __attribute__((always_inline)) void datagram_take_simple(struct worker *w, struct burst *b,
	const struct pkt *pkt, size_t room)
{
	struct answer a;

	b->udp++;
	if (w->recall.on) {
		struct looked *l = &b->looked[b->looked_len++];
		l->wire = pkt->payload;
		l->size = pkt->payload_size;
		l->room = room;
		if (unlikely(w->replays)) // what is found must not depend on the burst
			datagram_take_looked(w, b);
		return;
	}
	recall_pass(w);
	if (likely(datagram_read_answer(w, pkt->payload, pkt->payload_size, room, b->now_s, 0, &a))) {
		b->ordinary++;
		b->skipped += a.skipped;
		table_commit(w->table, a.records);
	} else {
		message_take(w, pkt->payload, pkt->payload_size, NULL, b->now_s);
	}
}
