// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/datagram.h"

static void take(struct worker *w, struct burst *b, const struct datagram *d)
{
	const struct pkt *pkt = &d->pkt;
	struct answer a;

	if (!message_takes_server(w, pkt, pkt->payload, pkt->payload_size))
		return;
	if (w->path == WORKER_SLOW || !datagram_read_answer(w, pkt, d->room, d->now_s, &a)) {
		message_take(w, pkt->payload, pkt->payload_size, &d->key, d->now_s);
		return;
	}
	if (w->match && !message_match_response(w, &d->key, DNS_TAKEN))
		return;
	b->ordinary++;
	if (w->depth < WORKER_ALL)
		return;
	b->skipped += a.skipped;
	table_commit(w->table, a.records);
}

void datagram_take_waiting(struct worker *w, struct burst *b)
{
	for (uint32_t i = 0; i < b->waiting_len; i++)
		take(w, b, &b->waiting[i]);
	b->waiting_len = 0;
}

void datagram_add(struct worker *w, struct burst *b, const struct pkt *pkt, size_t room)
{
	struct datagram *d = &b->waiting[b->waiting_len];

	b->udp++;
	if (w->depth < WORKER_PARSE)
		return;
	d->pkt = *pkt;
	d->room = room;
	d->now_s = b->now_s;
	if (w->match)
		admit_match_begin(w->match, pkt, false, pkt->payload, pkt->payload_size, room, &d->key);
	if (++b->waiting_len == WORKER_BURST || !w->match)
		datagram_take_waiting(w, b);
}
