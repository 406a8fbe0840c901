// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/datagram.h"

static void take(struct worker *w, struct burst *b, struct datagram *d)
{
	const struct pkt *pkt = &d->pkt;
	const uint8_t *wire = pkt->payload;
	bool matches = w->match && !d->is_matched;
	size_t name_size = matches ? answer_name_of(d->key.question_size) : 0;
	struct answer a;

	if (!message_takes_server(w, pkt, wire, pkt->payload_size))
		return;
	if (matches && pkt->payload_size >= DNS_HEADER_SIZE && !(wire[2] & DNS_FLAG_QR >> 8)) { // as dns_parse
		w->verdicts[DNS_QUERY]++;
		admit_match_query(w->match, &d->key, w->clock_s);
		return;
	}
	if (w->recall.on) {
		if (w->replays) { // what is found must not depend on the burst
			answers_look_begin(w->recall.answers, wire, pkt->payload_size, d->room, &d->look);
			answers_look_find(w->recall.answers, &d->look);
		}
		struct answers_entry *e = answers_look_end(w->recall.answers, &d->look, wire);
		recall_note(w, d->look.set != LOOK_NONE, e != NULL);
		if (e) {
			if (!matches || message_match_response(w, &d->key, DNS_TAKEN))
				recall_count(b, e, d->now_s);
			return;
		}
	} else {
		recall_pass(w);
	}
	if (w->path == WORKER_SLOW ||
		!datagram_read_answer(w, wire, pkt->payload_size, d->room, d->now_s, name_size, &a)) {
		message_take(w, wire, pkt->payload_size, d->is_matched ? NULL : &d->key, d->now_s);
		return;
	}
	if (matches && !message_match_response(w, &d->key, DNS_TAKEN))
		return;
	b->ordinary++;
	if (w->depth < WORKER_ALL)
		return;
	b->skipped += a.skipped;
	table_commit(w->table, a.records);
	if (w->recall.on && d->look.set != LOOK_NONE)
		recall_missed(w, &d->look, wire, &a);
}

void datagram_take_waiting(struct worker *w, struct burst *b)
{
	if (w->recall.on && !w->replays)
		for (uint32_t i = 0; i < b->waiting_len; i++)
			answers_look_find(w->recall.answers, &b->waiting[i].look);
	for (uint32_t i = 0; i < b->waiting_len; i++)
		take(w, b, &b->waiting[i]);
	b->waiting_len = 0;
}

// A message that has no entry.
static __rte_noinline void take_missed(struct worker *w, struct burst *b, const struct looked *l)
{
	struct answer a;

	if (unlikely(!datagram_read_answer(w, l->wire, l->size, l->room, b->now_s, 0, &a))) {
		message_take(w, l->wire, l->size, NULL, b->now_s);
		return;
	}
	b->ordinary++;
	b->skipped += a.skipped;
	table_commit(w->table, a.records);
	if (l->look.set != LOOK_NONE)
		recall_missed(w, &l->look, l->wire, &a);
}

void datagram_take_looked(struct worker *w, struct burst *b)
{
	const struct answers *answers = w->recall.answers;
	uint32_t hits = 0, skipped = 0, repeated = 0, now_s = b->now_s, len = b->looked_len;

	for (uint32_t i = 0; i < len; i++) {
		struct looked *l = &b->looked[i];
		answers_look_begin(answers, l->wire, l->size, l->room, &l->look);
	}
	for (uint32_t i = 0; i < len; i++)
		answers_look_find(answers, &b->looked[i].look);
	for (uint32_t i = 0; i < len; i++) {
		const struct looked *l = &b->looked[i];
		struct answers_entry *e = answers_look_end(answers, &l->look, l->wire);
		if (likely(e != NULL)) {
			answers_count(e, now_s);
			skipped += e->skipped;
			repeated += e->records;
			hits++;
		} else {
			take_missed(w, b, l);
		}
	}
	b->ordinary += hits;
	b->skipped += skipped;
	b->repeated += repeated;
	recall_note(w, len, hits);
	b->looked_len = 0;
}
