// SPDX-License-Identifier: BSD-3-Clause
// A burst, packet by packet: headers off, then either the short way (answer.h: ordinary answers,
// straight into the table's pipeline) or the long one (burst_message.h).
#include "dataplane/loop/burst.h"

#include "dataplane/loop/answer.h"
#include "dataplane/loop/burst_message.h"
#include "dataplane/packet/encrypted.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/packet/cut.h"
#include "dataplane/packet/decap_fast.h"
#include "dataplane/admit/filter_packet.h"

enum {
	PREFETCH_AHEAD = 4, // packets
	FRAGMENTS_DEEP = 3  // datagrams put together, of fragments that lay within each other, at most
};

// A datagram whose query or response is being asked for.
struct asked {
	struct pkt pkt;
	size_t room;
	uint32_t now_s;
	struct admit_match_key key;
};

struct burst {
	struct asked asked[WORKER_BURST];	  // with matching on: those that wait for the end of the burst
	struct rte_mbuf *mbufs[2 * WORKER_BURST]; // to be freed at the end; fragments put together are added
	uint32_t mbufs_len;
	uint32_t asked_len;
	uint32_t fragments_deep;	       // of the packet in hand
	uint32_t now_s;			       // when the packet in hand arrived, seconds since 1970
	uint64_t bytes;			       // of all packets
	uint64_t udp;			       // datagrams with a message
	uint64_t slow;			       // of them, those that pkt_fast did not take
	uint64_t vlans;			       // tags that pkt_fast took off
	uint64_t ordinary;		       // messages that answer_read took
	uint64_t skipped;		       // their records that were left out for their type
	uint32_t cut_size;		       // of the source (worker.h)
	uint64_t tcp_before, oversized_before; // those counters of the worker when it began
	bool is_snapped;		       // the packet in hand was longer on the wire
	uint8_t addresses[12];		       // Ethernet's, of the fragment in hand
};

// messages → records → sightings ──────────────────────────────────────────────────────────────

void publish_verdicts(struct worker *w)
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

static inline __attribute__((always_inline)) bool read_answer(struct worker *w, const struct pkt *pkt, size_t room,
	uint32_t now_s, struct answer *a)
{
	const struct answer_context x = {.table = w->table,
		.key = &w->key,
		.options = options_of(w),
		.wire = pkt->payload,
		.size = pkt->payload_size,
		.room = room,
		.time_s = now_s};

	table_next_message(w->table);
	return answer_read(a, &x);
}

// A datagram's payload, with all that the settings may ask for; `room`: octets from there that can be read.
static __rte_noinline void take_datagram(struct worker *w, struct burst *b, const struct asked *d)
{
	const struct pkt *pkt = &d->pkt;
	struct answer a;

	if (!takes_server(w, pkt, pkt->payload, pkt->payload_size))
		return;
	if (w->way == WORKER_LONG || !read_answer(w, pkt, d->room, d->now_s, &a)) {
		take_message(w, pkt->payload, pkt->payload_size, &d->key, d->now_s);
		return;
	}
	if (w->match && !match_response(w, &d->key, DNS_TAKEN))
		return;
	b->ordinary++;
	if (w->depth < WORKER_ALL)
		return;
	b->skipped += a.skipped;
	table_commit(w->table, a.records);
}

static __rte_noinline void take_asked(struct worker *w, struct burst *b)
{
	for (uint32_t i = 0; i < b->asked_len; i++)
		take_datagram(w, b, &b->asked[i]);
	b->asked_len = 0;
}

// With matching on, the datagrams of a burst wait until what is remembered of each has come.
static __rte_noinline void ask_datagram(struct worker *w, struct burst *b, const struct pkt *pkt, size_t room)
{
	struct asked *d = &b->asked[b->asked_len];

	b->udp++;
	if (w->depth < WORKER_PARSE)
		return;
	d->pkt = *pkt;
	d->room = room;
	d->now_s = b->now_s;
	if (w->match)
		admit_match_begin(w->match, pkt, false, pkt->payload, pkt->payload_size, room, &d->key);
	if (++b->asked_len == WORKER_BURST || !w->match)
		take_asked(w, b);
}

// The same where nothing is asked for. Inline, and not split into steps over the burst: that was
// slower, by a sixth on hot and a twentieth on isp.
static inline __attribute__((always_inline)) void take_simple_datagram(struct worker *w, struct burst *b,
	const struct pkt *pkt, size_t room)
{
	struct answer a;

	b->udp++;
	if (likely(read_answer(w, pkt, room, b->now_s, &a))) {
		b->ordinary++;
		b->skipped += a.skipped;
		table_commit(w->table, a.records);
	} else {
		take_message(w, pkt->payload, pkt->payload_size, NULL, b->now_s);
	}
}

// packets → messages ─────────────────────────────────────────────────────────────────────────

static void take_other_packet(struct worker *w, struct burst *b, struct rte_mbuf *m, enum link_kind link);

// Compares one of the packets that are chosen for it. True if it is a copy, which is left out.
static __rte_noinline bool is_copy(struct worker *w, const struct pkt *pkt)
{
	bool is_copy = copies_look(w->copies, pkt, w->packet_us);

	w->copies_mask = copies_mask(w->copies);
	return is_copy;
}

// The same for a packet that pkt_decap has taken, and counted.
static bool is_other_copy(struct worker *w, const struct pkt *pkt, enum pkt_verdict verdict)
{
	uint64_t *const outcome[] =
		{[PKT_UDP] = &w->stats.pkt_udp, [PKT_TCP] = &w->stats.pkt_tcp, [PKT_FRAGMENT] = &w->stats.pkt_fragment};

	if (!copies_wants(w->copies, pkt, verdict) || !is_copy(w, pkt))
		return false;
	stats_recount(outcome[verdict], &w->stats.pkt_duplicate);
	return true;
}

// What may be missing of the packet in hand counts there; NULL: nothing is.
static inline uint64_t *cut_reason(struct worker *w, const struct burst *b, uint32_t size)
{
	if (unlikely(b->is_snapped))
		return &w->stats.pkt_snapped;
	return b->cut_size > 0 && size >= b->cut_size ? &w->stats.pkt_oversized : NULL;
}

// A fragment is held by the reassembly; the datagram that it completes starts again as a packet.
static void take_fragment(struct worker *w, struct burst *b, struct rte_mbuf *m, uint32_t at, const struct pkt *pkt,
	enum link_kind link)
{
	if (b->fragments_deep >= FRAGMENTS_DEEP) { // each level is a call within the call
		stats_add(&w->stats.frag_refused, 1);
		rte_pktmbuf_free(m);
		return;
	}
	if (b->fragments_deep == 0 && link == LINK_KIND_ETHERNET && rte_pktmbuf_data_len(m) >= sizeof(b->addresses))
		memcpy(b->addresses, rte_pktmbuf_mtod(m, const uint8_t *),
			sizeof(b->addresses)); // for the filter, once it is whole
	struct rte_mbuf *whole = pkt_frag_add(w->frag, m, at, pkt, w->clock_us / 1000);
	if (!whole)
		return;
	b->fragments_deep++;
	take_other_packet(w, b, whole, LINK_KIND_RAW_IP);
	b->fragments_deep--;
}

// Whether the filter takes the packet, whose verdict is counted already. A fragment waits until its datagram is whole; what
// is not DNS is asked for the sake of connections of encrypted DNS.
static __rte_noinline bool passes_filter(struct worker *w, const struct burst *b, const struct pkt *pkt,
	const uint8_t *frame, uint32_t size, enum link_kind link, enum pkt_verdict verdict)
{
	const struct pkt_filter *filter = w->filters->packets;
	const uint8_t *addresses = b->fragments_deep > 0 ? b->addresses : link == LINK_KIND_ETHERNET ? frame : NULL;

	if (verdict == PKT_FRAGMENT)
		return true;
	if (verdict == PKT_DROP) {
		size_t at = encrypted_ip(frame, size, link);
		return at < size && pkt_filter_takes_packet(filter, frame + at, frame + size, addresses);
	}
	if (pkt_filter_takes_packet(filter, pkt->ip, pkt->ip_end, addresses))
		return true;
	uint64_t *counted = verdict == PKT_UDP ? &w->stats.pkt_udp : &w->stats.pkt_tcp;
	stats_set(counted, stats_get(counted) - 1);
	stats_add(&w->stats.pkt_filtered, 1);
	return false;
}

// A packet that pkt_fast does not know, or that lies in several segments. Those before it come first.
static __rte_noinline void take_other_packet(struct worker *w, struct burst *b, struct rte_mbuf *m, enum link_kind link)
{
	uint32_t size = rte_pktmbuf_pkt_len(m);
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt pkt;

	take_asked(w, b);
	if (m->nb_segs > 1) {
		size = RTE_MIN(size, (uint32_t)PACKET_SIZE_MAX);
		frame = rte_pktmbuf_read(m, 0, size, w->linear);
	}
	uint64_t *reason = b->fragments_deep == 0 ? cut_reason(w, b, size) : NULL, short_before = w->stats.pkt_short;
	enum pkt_verdict verdict = pkt_decap(&pkt, frame, size, link, &w->options.dns_ports, &w->stats);
	if (unlikely(w->filters && w->filters->packets) && !passes_filter(w, b, &pkt, frame, size, link, verdict)) {
		b->mbufs[b->mbufs_len++] = m;
		return;
	}
	if (b->fragments_deep == 0 &&
		is_other_copy(w, &pkt, verdict)) { // of a datagram put together its fragments were
		b->mbufs[b->mbufs_len++] = m;
		return;
	}
	if (unlikely(reason != NULL))
		w->is_cut = pkt_cut_recount(&pkt, verdict, short_before, reason, &w->stats) && verdict == PKT_UDP;
	if (verdict == PKT_FRAGMENT) {
		take_fragment(w, b, m, (uint32_t)(pkt.ip - frame), &pkt, link);
		return;
	}
	b->mbufs[b->mbufs_len++] = m;
	if (verdict == PKT_TCP) {
		pkt_tcp_segment(w->tcp, &pkt, b->now_s, w->clock_s, take_stream_message, w);
	} else if (verdict == PKT_UDP) {
		b->slow++;
		ask_datagram(w, b, &pkt, pkt.payload_size);
		take_asked(w, b); // the next packet of several segments needs w->linear
		w->is_cut = false;
	} else {
		if (w->unknown)
			unknown_count(w->unknown, &pkt);
		encrypted_count(frame, size, link, w->filters ? w->filters->doh : NULL, &w->stats);
	}
}

// `filter`: NULL where there is none.
static inline __attribute__((always_inline)) void take_packet(struct worker *w, struct burst *b, struct rte_mbuf *m,
	enum link_kind link, const struct pkt_filter *filter)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt pkt;

	if (likely(link == LINK_KIND_ETHERNET && m->nb_segs == 1 &&
		    pkt_fast(&pkt, frame, rte_pktmbuf_data_len(m), &w->options.dns_ports, &b->vlans))) {
		size_t room = (size_t)((const uint8_t *)m->buf_addr + m->buf_len - pkt.payload);
		b->mbufs[b->mbufs_len++] = m;
		if (filter && !pkt_filter_takes_packet(filter, pkt.ip, pkt.ip_end, frame)) {
			stats_add(&w->stats.pkt_filtered, 1);
			return;
		}
		// the second octet is in the buffer, if not in the packet
		if (unlikely((pkt.payload[1] & w->copies_mask) == 0)) {
			const struct pkt here = pkt;
			if (is_copy(w, &here)) {
				stats_add(&w->stats.pkt_duplicate, 1);
				return;
			}
		}
		if (likely(w->way == WORKER_SHORTEST)) {
			take_simple_datagram(w, b, &pkt, room);
		} else {
			const struct pkt here = pkt; // a copy, so that the ordinary need not be in memory
			ask_datagram(w, b, &here, room);
		}
	} else {
		take_other_packet(w, b, m, link);
	}
}

// Packets of one pool in one segment each go back to it together.
static inline void free_packets(struct rte_mbuf **mbufs, uint32_t len)
{
	struct rte_mempool *pool = len > 0 ? mbufs[0]->pool : NULL;
	bool alike = true;

	for (uint32_t i = 0; i < len; i++)
		alike &= mbufs[i]->pool == pool && mbufs[i]->nb_segs == 1 && RTE_MBUF_DIRECT(mbufs[i]) &&
			 rte_mbuf_refcnt_read(mbufs[i]) == 1;
	if (likely(alike && pool))
		rte_mempool_put_bulk(pool, (void *const *)mbufs, len);
	else
		rte_pktmbuf_free_bulk(mbufs, len);
}

// Which direction of the port the messages of the burst were.
static inline void publish_source(struct worker *w, const struct burst *b, struct worker_source *source)
{
	uint64_t messages = b->udp + w->stats.dns_tcp - b->tcp_before, queries = w->verdicts[DNS_QUERY];

	stats_add(&source->queries, queries);
	stats_add(&source->answers, messages - queries);
	if (unlikely(b->cut_size > 0))
		stats_add(&source->oversized, w->stats.pkt_oversized - b->oversized_before);
}

static void publish(struct worker *w, const struct burst *b)
{
	stats_add(&w->stats.rx_bytes, b->bytes);
	stats_add(&w->stats.decap_vlan, b->vlans);
	stats_add(&w->stats.pkt_udp, b->udp - b->slow);
	stats_add(&w->stats.dns_udp, b->udp);
	stats_add(&w->stats.rr_type_skipped, b->skipped);
	w->verdicts[DNS_TAKEN] += b->ordinary;
	publish_verdicts(w);
	table_publish(w->table);
}

static void leave_out(struct burst *b, struct rte_mbuf *m, uint64_t *reason)
{
	stats_add(reason, 1);
	b->mbufs[b->mbufs_len++] = m;
}

// The time of a packet that carries one. False if it cannot be believed.
static bool take_time(struct worker *w, struct burst *b, const struct worker_source *source, const struct rte_mbuf *m)
{
	uint64_t us = packet_time_us(m, w->wall_us);

	if (unlikely(!packet_time_is_valid(us)))
		return false;
	w->packet_us = us;
	b->now_s = (uint32_t)(us / 1000000);
	w->clock_us = source->link == LINK_KIND_MAX ? packet_clock_us(m) : us;
	uint32_t clock_s = (uint32_t)(w->clock_us / 1000000);
	if (clock_s == w->clock_s)
		return true;
	take_asked(w, b);
	w->clock_s = clock_s;
	worker_begin_second(w);
	return true;
}

__rte_noinline void take_burst(struct worker *w, struct worker_source *source, struct rte_mbuf **mbufs, uint16_t len)
{
	struct burst b;

	stats_add(&w->stats.rx_packets, len);
	if (unlikely(w->depth < WORKER_DECAP)) {
		rte_pktmbuf_free_bulk(mbufs, len);
		return;
	}
	memset(&b.mbufs_len, 0, sizeof(b) - offsetof(struct burst, mbufs_len));
	b.cut_size = source->cut_size;
	b.tcp_before = w->stats.dns_tcp;
	b.oversized_before = w->stats.pkt_oversized;
	if (likely(!source->packet_time))
		burst_set_clock(w);
	b.now_s = w->clock_s;
	bool timed = source->packet_time || !packet_time_is_valid(w->wall_us); // or the clock was never set
	bool simple = source->link == LINK_KIND_ETHERNET && !timed && !(w->filters && w->filters->packets);
	for (uint16_t i = 0; i < len && i < PREFETCH_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < len; i++) {
		if (i + PREFETCH_AHEAD < len)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + PREFETCH_AHEAD], void *));
		b.bytes += rte_pktmbuf_pkt_len(mbufs[i]);
		if (likely(simple)) {
			take_packet(w, &b, mbufs[i], LINK_KIND_ETHERNET, NULL);
			continue;
		}
		if (timed && !take_time(w, &b, source, mbufs[i])) {
			leave_out(&b, mbufs[i], &w->stats.pkt_no_time);
			continue;
		}
		enum link_kind link = source->link;
		if (link == LINK_KIND_MAX) {
			link = packet_link(mbufs[i]);
			b.is_snapped = packet_is_snapped(mbufs[i]);
		}
		const struct pkt_filter *filter = w->filters ? w->filters->packets : NULL;
		if (filter && !pkt_filter_takes_frame(filter, link, mbufs[i])) {
			leave_out(&b, mbufs[i], &w->stats.pkt_filtered);
			continue;
		}
		take_packet(w, &b, mbufs[i], link, filter);
	}
	take_asked(w, &b);
	publish_source(w, &b, source);
	publish(w, &b);
	free_packets(b.mbufs, b.mbufs_len);
}
