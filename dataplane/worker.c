// SPDX-License-Identifier: BSD-3-Clause
// The loop: a burst in, stage by stage, sightings into the table, what changed out to the frames.
#include "dataplane/worker.h"

#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/encrypted.h"
#include "dataplane/pkt_filter.h"
#include "dataplane/packet_meta.h"
#include "dataplane/table_inline.h"

enum {
	PREFETCH_AHEAD = 4,	  // packets
	HOUSEKEEPING_TURNS = 256, // a power of two
	SWEEP_BUCKETS = 32,	  // at most in one turn: bounds the gap between two polls
	IDLE_TURNS = 64,	  // turns without a packet before the first sleep
	IDLE_SLEEP_US = 100,
	IDLE_SWEEP_BUCKETS = 512, // at most in one turn without packets
	LINEAR_SIZE = 1 << 18	  // a packet in one piece; the largest snapshot length of tcpdump
};

struct worker_orders worker_orders;

// What a burst became after the packet stages.
struct burst {
	struct rte_mbuf *mbufs[2 * WORKER_BURST]; // to be freed at the end; fragments put together are added
	uint32_t mbufs_len;
	struct pkt udp[2 * WORKER_BURST]; // one DNS message each
	uint32_t udp_s[2 * WORKER_BURST]; // when it arrived, seconds since 1970
	uint32_t udp_len;
};

// messages → records → sightings ──────────────────────────────────────────────────────────────

// Carries the verdicts of a burst over to the counters.
static void publish_verdicts(struct worker *w)
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
	stats_add(&w->stats.rr_type_skipped, w->opts_skipped);
	w->opts_skipped = 0;
}

// Whether the response's query was seen, as far as the settings ask. Counts what it refuses.
static bool match_response(struct worker *w, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	uint32_t now_s, enum dns_verdict verdict)
{
	// an error answers its query too
	bool matched = admit_match_response(w->match, pkt, tcp, wire, size, now_s);

	if (matched || verdict != DNS_TAKEN)
		return true;
	if (w->settings->match == ADMIT_MATCH_PREFER) {
		stats_add(&w->stats.dns_prefer_unmatched, 1);
		return true;
	}
	stats_add(&w->stats.dns_unmatched, 1);
	return false;
}

// Key and owner by blocks of sixteen octets: both sides have room behind.
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

static inline bool has_short_owner(const struct dns_message *m)
{
	return dns_names_get(m->names, 0)->size <= 2 * HASH_BLOCK;
}

// The records of an ordinary answer (dns_message.plain) about a name of ordinary length: the part of
// the keys that they share is built once, two blocks of it.
static inline void add_addresses(struct worker *w, uint32_t now_s)
{
	const struct dns_message *m = w->message;
	const struct dns_name *owner = dns_names_get(m->names, 0);
	struct {
		uint8_t block[HASH_BLOCK];
	} low, high;
	struct table *t = w->table;
	uint32_t head = (uint32_t)owner->size << 16;
	size_t rdata_at = TABLE_KEY_HEAD + (size_t)owner->size;

	memcpy(&low, dns_names_bytes(m->names, 0), sizeof(low));
	memcpy(&high, dns_names_bytes(m->names, 0) + HASH_BLOCK, sizeof(high)); // zeros or the next name; not kept
	if (owner->size <= HASH_BLOCK)
		memset(&high, 0, sizeof(high));
	for (const struct dns_record *r = m->records, *end = r + m->section_end[DNS_ANSWER]; r < end; r++) {
		const uint8_t *rdata = m->wire + r->rdata_at;
		uint8_t *key = table_short_key(t);
		uint32_t typed_head = head | r->type;
		memcpy(key, &typed_head, TABLE_KEY_HEAD);
		memcpy(key + TABLE_KEY_HEAD, &low, sizeof(low));
		memcpy(key + TABLE_KEY_HEAD + HASH_BLOCK, &high, sizeof(high));
		if (likely(r->type == DNS_TYPE_A))
			memcpy(key + rdata_at, rdata, 4);
		else
			memcpy(key + rdata_at, rdata, 16);
		uint64_t hash = table_hash(&w->key, owner->hash, r->type, rdata, r->rdata_size);
		table_push(t, rdata_at + r->rdata_size, hash, now_s);
	}
}

static void add_record(struct worker *w, const struct dns_record *r, uint32_t now_s)
{
	const struct dns_message *m = w->message;
	const struct dns_name *owner = dns_names_get(m->names, r->owner);
	const uint8_t *rdata = m->wire + r->rdata_at;
	struct cursor c = {.base = m->wire, .at = rdata, .end = rdata + r->rdata_size};
	size_t rdata_size = dns_rdata_read(c, r->type, r->class, w->rdata, DNS_RDATA_SIZE);

	if (unlikely(rdata_size > UINT16_MAX)) {
		stats_add(&w->stats.rr_too_long, 1);
		return;
	}
	uint8_t *key = table_key(w->table, TABLE_KEY_HEAD + (size_t)owner->size + rdata_size);
	memcpy(begin_key(key, r->type, dns_names_bytes(m->names, r->owner), owner->size), w->rdata, rdata_size);
	uint64_t hash = table_hash(&w->key, owner->hash, r->type, w->rdata, rdata_size);
	table_add(w->table, TABLE_KEY_HEAD + owner->size + rdata_size, hash, now_s);
}

static __rte_noinline void add_filtered(struct worker *w, const uint16_t *taken, uint16_t len, uint32_t now_s)
{
	const struct dns_message *m = w->message;

	table_next_message(w->table);
	for (uint16_t i = 0; i < len; i++) {
		uint16_t owner = m->records[taken[i]].owner;
		if (filter_set_takes_name(w->filters, dns_names_bytes(m->names, owner), dns_names_get(m->names, owner)->size))
			add_record(w, &m->records[taken[i]], now_s);
		else
			stats_add(&w->stats.rr_name_skipped, 1);
	}
}

// The records of any other answer, one by one.
static __rte_noinline void add_admitted(struct worker *w, const struct admit_options *options, uint32_t now_s)
{
	const uint16_t *taken;
	uint16_t len = admit_message(w->admit, w->message, options, &w->stats, &taken);

	if (unlikely(w->depth < WORKER_ALL))
		return;
	if (unlikely(w->filters && w->filters->records)) {
		add_filtered(w, taken, len, now_s);
		return;
	}
	table_next_message(w->table);
	for (uint16_t i = 0; i < len; i++)
		add_record(w, &w->message->records[taken[i]], now_s);
}

static void take_message(struct worker *w, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	uint32_t now_s)
{
	if (unlikely(w->depth < WORKER_PARSE))
		return;
	if (unlikely(w->filters && w->filters->servers) &&
		!filter_set_takes_server(w->filters, pkt, size > 2 && wire[2] & DNS_FLAG_QR >> 8)) {
		stats_add(&w->stats.dns_server_skipped, 1);
		return;
	}
	enum dns_verdict verdict = dns_parse(w->message, wire, size);

	if (w->match && verdict == DNS_QUERY)
		admit_match_query(w->match, pkt, tcp, wire, size, now_s);
	else if (w->match && verdict != DNS_MALFORMED &&
		 !match_response(w, pkt, tcp, wire, size, now_s, verdict))
		return;
	w->verdicts[verdict]++;
	if (verdict != DNS_TAKEN || unlikely(w->depth < WORKER_ADMIT))
		return;
	const struct admit_options *options = w->filters ? &w->filters->admit : &w->settings->admit;
	if (likely(admit_is_plain(w->message, options) && has_short_owner(w->message)) &&
		likely(w->depth == WORKER_ALL && !(w->filters && w->filters->records))) {
		table_next_message(w->table);
		add_addresses(w, now_s);
		w->opts_skipped += (uint64_t)(w->message->records_len - w->message->section_end[DNS_ANSWER]);
		return;
	}
	add_admitted(w, options, now_s);
}

static void take_stream_message(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s)
{
	struct worker *w = context;

	stats_add(&w->stats.dns_tcp, 1);
	take_message(w, pkt, true, wire, size, time_s);
}

static void take_datagrams(struct worker *w, const struct burst *b)
{
	stats_add(&w->stats.dns_udp, b->udp_len);
	for (uint32_t i = 0; i < b->udp_len; i++)
		take_message(w, &b->udp[i], false, b->udp[i].payload, b->udp[i].payload_size, b->udp_s[i]);
}

// packets → messages ─────────────────────────────────────────────────────────────────────────

static void take_packet(struct worker *w, struct burst *b, struct rte_mbuf *m, enum pkt_link link);

// A fragment is held by the reassembly; the datagram that it completes starts again as a packet.
static void take_fragment(struct worker *w, struct burst *b, struct rte_mbuf *m, const struct pkt *pkt)
{
	struct rte_mbuf *whole = m;

	if (m->nb_segs > 1 || !RTE_MBUF_DIRECT(m)) { // the library wants the bytes of one segment
		stats_add(&w->stats.frag_refused, 1);
		rte_pktmbuf_free(m);
		return;
	}
	whole = pkt_frag_add(w->frag, m, pkt, w->packet_us / 1000);
	if (whole)
		take_packet(w, b, whole, PKT_LINK_RAW_IP);
}

static void take_packet(struct worker *w, struct burst *b, struct rte_mbuf *m, enum pkt_link link)
{
	uint32_t size = rte_pktmbuf_pkt_len(m);
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt *pkt = &b->udp[b->udp_len];

	if (unlikely(m->nb_segs > 1)) {
		// one scratch: what points into it must be used up before the next such packet
		take_datagrams(w, b);
		b->udp_len = 0;
		size = RTE_MIN(size, (uint32_t)LINEAR_SIZE);
		frame = rte_pktmbuf_read(m, 0, size, w->linear);
		pkt = &b->udp[0];
	}
	enum pkt_verdict verdict = pkt_decap(pkt, frame, size, link, &w->settings->dns_ports, &w->stats);
	if (verdict == PKT_FRAGMENT) {
		take_fragment(w, b, m, pkt);
		return;
	}
	b->mbufs[b->mbufs_len++] = m;
	if (verdict == PKT_TCP)
		pkt_tcp_segment(w->tcp, pkt, (uint32_t)(w->packet_us / 1000000), take_stream_message, w);
	else if (verdict == PKT_UDP)
		b->udp_s[b->udp_len++] = (uint32_t)(w->packet_us / 1000000);
	else
		encrypted_count(frame, size, link, w->filters ? w->filters->doh : NULL, &w->stats);
}

static __rte_noinline void take_burst(struct worker *w, const struct worker_source *source, struct rte_mbuf **mbufs, uint16_t len)
{
	struct burst b;
	uint64_t bytes = 0;

	stats_add(&w->stats.rx_packets, len);
	if (unlikely(w->depth < WORKER_DECAP)) {
		rte_pktmbuf_free_bulk(mbufs, len);
		return;
	}
	b.mbufs_len = 0;
	b.udp_len = 0;
	for (uint16_t i = 0; i < len && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < len; i++) {
		if (i + PREFETCH_AHEAD < len)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + PREFETCH_AHEAD], void *));
		bytes += rte_pktmbuf_pkt_len(mbufs[i]);
		w->packet_us = source->packet_time ? packet_time_us(mbufs[i], w->wall_us) : w->wall_us;
		enum pkt_link link = source->link == PKT_LINK_MAX ? packet_link(mbufs[i]) : source->link;
		if (unlikely(w->filters && w->filters->packets) && !pkt_filter_takes(w->filters->packets, link, mbufs[i])) {
			stats_add(&w->stats.pkt_filtered, 1);
			b.mbufs[b.mbufs_len++] = mbufs[i];
			continue;
		}
		take_packet(w, &b, mbufs[i], link);
	}
	take_datagrams(w, &b);
	table_publish(w->table);
	publish_verdicts(w);
	rte_pktmbuf_free_bulk(b.mbufs, b.mbufs_len);
	stats_add(&w->stats.rx_bytes, bytes);
}

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
	uint64_t round_tsc = (uint64_t)(w->settings->flush_interval_s * (double)rte_get_tsc_hz());
	uint64_t buckets = table_buckets(w->table);
	double part = (double)(now_tsc - w->sweep_start) / (double)round_tsc;
	uint64_t due = part >= 1 ? buckets : (uint64_t)(part * (double)buckets);

	uint64_t most = idle ? IDLE_SWEEP_BUCKETS : SWEEP_BUCKETS, done = 0;

	if (due > w->swept)
		done = table_sweep(w->table, RTE_MIN(due - w->swept, most));
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

// What waits with a time-out, in the time of the packets.
static void expire(struct worker *w)
{
	uint32_t now_s = (uint32_t)(w->packet_us / 1000000);

	pkt_frag_expire(w->frag, w->packet_us / 1000);
	pkt_tcp_expire(w->tcp, now_s, take_stream_message, w);
	if (w->match)
		admit_match_expire(w->match, now_s);
}

static void housekeeping(struct worker *w, bool idle)
{
	read_clock(w);
	if (idle) {
		table_settle(w->table);
		bool live = true;
		for (uint32_t i = 0; i < w->sources_len; i++)
			live &= !w->sources[i].packet_time;
		if (live) // time goes on without packets, unless it is a capture's
			w->packet_us = w->wall_us;
	}
	sweep(w, rte_get_tsc_cycles(), idle);
	if (idle || w->turns % HOUSEKEEPING_TURNS == 0)
		expire(w);
}

// the loop ───────────────────────────────────────────────────────────────────────────────────

static uint16_t turn(struct worker *w)
{
	struct rte_mbuf *mbufs[WORKER_BURST];
	uint16_t all = 0;

	for (uint32_t s = 0; s < w->sources_len; s++) {
		if (unlikely(atomic_load_explicit(&w->sources[s].paused, memory_order_acquire)))
			continue;
		uint16_t len = rte_eth_rx_burst(w->sources[s].port, w->sources[s].queue, mbufs, WORKER_BURST);
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
		atomic_store_explicit(&w->filters_seen, next, memory_order_release);
	}
}

// Everything in the table to the frames, however long the collector takes.
static void flush_all(struct worker *w)
{
	table_settle(w->table);
	for (uint64_t left = table_buckets(w->table); left > 0;) {
		uint64_t done = table_sweep(w->table, left);
		left -= done;
		if (left > 0)
			rte_delay_us_sleep(IDLE_SLEEP_US);
	}
	flush_push(&w->flush);
}

static int set_up(struct worker *w)
{
	const struct settings *s = w->settings;
	const struct table_options table = {.records = s->table_records,
		.huge_pages = w->huge_pages,
		.sink = flush_record,
		.sink_context = &w->flush};
	const struct pkt_tcp_options tcp = {.flows = (uint32_t)s->tcp_flows,
		.held_bytes = s->tcp_memory,
		.timeout_s = (uint32_t)s->tcp_timeout_s};

	if (hash_key_random(&w->key) != 0)
		return -1;
	w->message = dns_message_new(&w->key);
	w->admit = admit_new();
	w->table = table_new(&table, &w->stats);
	w->tcp = pkt_tcp_new(&tcp, &w->key, &w->stats);
	w->frag = pkt_frag_new((uint32_t)s->frag_datagrams, (uint32_t)(s->frag_timeout_s * 1000), &w->stats);
	w->linear = malloc(LINEAR_SIZE);
	w->rdata = malloc(DNS_RDATA_SIZE);
	if (s->match != ADMIT_MATCH_OFF)
		w->match = admit_match_new((uint32_t)s->match_size, (uint32_t)s->match_timeout_s, &w->key, &w->stats);
	return w->message && w->admit && w->table && w->tcp && w->frag && w->linear && w->rdata &&
			       (w->match || s->match == ADMIT_MATCH_OFF)
		       ? 0
		       : -1;
}

static void tear_down(struct worker *w)
{
	dns_message_free(w->message);
	admit_free(w->admit);
	admit_match_free(w->match);
	table_free(w->table);
	pkt_tcp_free(w->tcp);
	pkt_frag_free(w->frag);
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
	take_filters(w);
	read_clock(w);
	w->sweep_start = w->push_tsc = rte_get_tsc_cycles();
	atomic_store(&w->ready, true);
	while (!atomic_load_explicit(&worker_orders.stop, memory_order_relaxed)) {
		// the order to drain is given after the last packet was queued, so read it before looking
		bool drain = atomic_load_explicit(&worker_orders.drain, memory_order_acquire);
		take_filters(w);
		bool idle = turn(w) == 0;
		w->turns++;
		if (idle && drain)
			break;
		w->idle_turns = idle ? w->idle_turns + 1 : 0;
		housekeeping(w, idle);
		if (w->idle_turns > IDLE_TURNS && w->settings->idle == IDLE_SLEEP)
			worker_doze(w);
	}
	pkt_tcp_drain(w->tcp, take_stream_message, w);
	publish_verdicts(w);
	flush_all(w);
	atomic_store(&w->done, true);
	tear_down(w);
	return 0;
}
