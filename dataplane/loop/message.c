// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/message.h"

#include "dataplane/table/inline.h"

void message_choose_path(struct worker *w)
{
	const uint64_t types = 1ull << DNS_TYPE_A | 1ull << DNS_TYPE_AAAA | 1ull << DNS_TYPE_CNAME;
	const struct admit_options *o = message_options(w);

	// if a section is excluded, OPT records must be counted under it: only the slow path does so
	if (!o->section[DNS_ANSWER] || !o->section[DNS_ADDITIONAL] || (o->type[0] & types) != types ||
		(w->filters && w->filters->records))
		w->path = WORKER_SLOW;
	else if (w->match || (w->filters && w->filters->servers) || w->depth < WORKER_ALL)
		w->path = WORKER_FAST;
	else
		w->path = WORKER_FASTEST;
}

bool message_match_response(struct worker *w, const struct admit_match_key *key, enum dns_verdict verdict)
{
	// an error answers its query too
	bool matched = admit_match_response(w->match, key, w->clock_s);

	if (matched || verdict != DNS_TAKEN)
		return true;
	if (w->options.match == ADMIT_MATCH_PREFER) {
		stats_add(&w->stats.dns_prefer_unmatched, 1);
		return true;
	}
	stats_add(&w->stats.dns_unmatched, 1);
	return false;
}

// Copies key and owner by blocks: both buffers have room after them.
static inline uint8_t *begin_key(uint8_t *key, uint16_t type, const uint8_t *owner, uint8_t owner_size)
{
	uint32_t head = type | (uint32_t)owner_size << 16;
	uint8_t *to = key + TABLE_KEY_HEAD;

	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "type first, then the owner's size");
	memcpy(key, &head, sizeof(head));
	for (size_t at = 0; at < owner_size; at += HASH_BLOCK)
		memcpy(to + at, owner + at, HASH_BLOCK);
	return to + owner_size;
}

static void add_record(struct worker *w, const struct dns_record *r, uint32_t now_s)
{
	const struct dns_message *m = w->message;
	const struct dns_name *owner = dns_names_get(m->names, r->owner);
	const uint8_t *rdata = m->wire + r->rdata_at;
	struct cursor c = {.base = m->wire, .at = rdata, .end = rdata + r->rdata_size};
	size_t rdata_size = dns_rdata_read(c, r->type, r->class, m->names, w->rdata, DNS_RDATA_SIZE);

	if (unlikely(rdata_size > UINT16_MAX)) {
		stats_add(&w->stats.rr_too_long, 1);
		return;
	}
	uint8_t *key = table_key(w->table, TABLE_KEY_HEAD + (size_t)owner->size + rdata_size);
	memcpy(begin_key(key, r->type, dns_names_bytes(m->names, r->owner), owner->size), w->rdata, rdata_size);
	uint64_t hash = table_hash(&w->key, owner->hash, r->type, w->rdata, rdata_size);
	table_add(w->table, TABLE_KEY_HEAD + owner->size + rdata_size, hash, now_s);
}

static void add_filtered(struct worker *w, const uint16_t *taken, uint16_t len, uint32_t now_s)
{
	const struct dns_message *m = w->message;

	for (uint16_t i = 0; i < len; i++) {
		uint16_t owner = m->records[taken[i]].owner;
		if (filter_set_takes_name(w->filters, dns_names_bytes(m->names, owner),
			    dns_names_get(m->names, owner)->size))
			add_record(w, &m->records[taken[i]], now_s);
		else
			stats_add(&w->stats.rr_name_skipped, 1);
	}
}

static void add_admitted(struct worker *w, uint32_t now_s)
{
	const uint16_t *taken;
	uint16_t len = admit_message(w->admit, w->message, message_options(w), &w->stats, &taken);

	if (unlikely(w->depth < WORKER_ALL))
		return;
	table_next_message(w->table);
	if (unlikely(w->filters && w->filters->records)) {
		add_filtered(w, taken, len, now_s);
		return;
	}
	for (uint16_t i = 0; i < len; i++)
		add_record(w, &w->message->records[taken[i]], now_s);
}

void message_take(struct worker *w, const uint8_t *wire, size_t size, const struct admit_match_key *key, uint32_t now_s)
{
	enum dns_verdict verdict = dns_parse(w->message, wire, size);

	if (w->match && key && verdict == DNS_QUERY)
		admit_match_query(w->match, key, w->clock_s);
	else if (w->match && key && verdict != DNS_MALFORMED && !message_match_response(w, key, verdict))
		return;
	if (unlikely(w->is_cut) && verdict == DNS_MALFORMED)
		stats_add(&w->stats.dns_snapped, 1);
	else
		w->verdicts[verdict]++;
	if (verdict == DNS_TAKEN && likely(w->depth >= WORKER_ADMIT))
		add_admitted(w, now_s);
}

void message_take_stream(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s)
{
	struct worker *w = context;
	struct admit_match_key key;

	stats_add(&w->stats.dns_tcp, 1);
	if (w->depth < WORKER_PARSE || !message_takes_server(w, pkt, wire, size))
		return;
	if (w->match)
		admit_match_begin(w->match, pkt, true, wire, size, size, &key);
	message_take(w, wire, size, &key, time_s);
}

void message_publish_verdicts(struct worker *w)
{
	uint64_t *const counter[DNS_VERDICT_MAX] = {
		[DNS_TAKEN] = &w->stats.dns_taken,
		[DNS_QUERY] = &w->stats.dns_query,
		[DNS_MALFORMED] = &w->stats.dns_malformed,
		[DNS_NOT_QUERY_ANSWER] = &w->stats.dns_not_query_answer,
		[DNS_TRUNCATED] = &w->stats.dns_truncated,
		[DNS_ERROR_RCODE] = &w->stats.dns_error_rcode,
	};
	for (int i = 0; i < DNS_VERDICT_MAX; i++) {
		stats_add(counter[i], w->verdicts[i]);
		w->verdicts[i] = 0;
	}
}
