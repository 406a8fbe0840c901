// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/burst.h"

#include "dataplane/admit/filter_packet.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/loop/datagram.h"
#include "dataplane/loop/slow_packet.h"
#include "dataplane/loop/timeouts.h"
#include "dataplane/packet/decap_fast.h"

enum { PREFETCH_AHEAD = 4 }; // packets

// `filter`: NULL if there is none.
static inline __attribute__((always_inline)) void take_packet(struct worker *w, struct burst *b, struct rte_mbuf *m,
	enum link_kind link, const struct filter_packet *filter)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt pkt;

	if (likely(link == LINK_KIND_ETHERNET && m->nb_segs == 1 &&
		    pkt_fast(&pkt, frame, rte_pktmbuf_data_len(m), &w->options.dns_ports, &b->vlans))) {
		size_t room = (size_t)((const uint8_t *)m->buf_addr + m->buf_len - pkt.payload);
		b->mbufs[b->mbufs_len++] = m;
		if (filter && !filter_packet_takes_ip(filter, pkt.ip, pkt.ip_end, frame)) {
			stats_add(&w->stats.pkt_filtered, 1);
			return;
		}
		// the second octet is in the buffer, if not in the packet
		if (unlikely((pkt.payload[1] & w->copies_mask) == 0)) {
			const struct pkt here = pkt;
			if (slow_packet_is_copy(w, &here)) {
				stats_add(&w->stats.pkt_duplicate, 1);
				return;
			}
		}
		if (likely(w->path == WORKER_FASTEST)) {
			datagram_take_simple(w, b, &pkt, room);
		} else {
			datagram_add(w, b, &pkt, room);
		}
	} else {
		slow_packet_take(w, b, m, link);
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
	message_publish_verdicts(w);
	table_promise(w->table, b->repeated);
	table_publish(w->table);
}

static void leave_out(struct burst *b, struct rte_mbuf *m, uint64_t *reason)
{
	stats_add(reason, 1);
	b->mbufs[b->mbufs_len++] = m;
}

// The time of a packet that carries one. False if it is not plausible.
static bool take_time(struct worker *w, struct burst *b, const struct worker_source *source, const struct rte_mbuf *m)
{
	uint64_t us = packet_time_us(m, w->wall_us);

	if (unlikely(!packet_time_is_valid(us)))
		return false;
	w->packet_us = us;
	if ((uint32_t)(us / 1000000) != b->now_s)
		datagram_take_looked(w, b);
	b->now_s = (uint32_t)(us / 1000000);
	w->clock_us = source->link == LINK_KIND_MAX ? packet_clock_us(m) : us;
	uint32_t clock_s = (uint32_t)(w->clock_us / 1000000);
	if (clock_s == w->clock_s)
		return true;
	datagram_take_waiting(w, b);
	datagram_take_looked(w, b);
	w->clock_s = clock_s;
	timeouts_begin_second(w);
	return true;
}

__rte_noinline void burst_take(struct worker *w, struct worker_source *source, struct rte_mbuf **mbufs, uint16_t len)
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
		timeouts_set_clock(w);
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
			b.is_matched = link == LINK_KIND_MATCHED_IP;
		}
		const struct filter_packet *filter = w->filters ? w->filters->packets : NULL;
		if (filter && !filter_packet_takes_frame(filter, link, mbufs[i])) {
			leave_out(&b, mbufs[i], &w->stats.pkt_filtered);
			continue;
		}
		take_packet(w, &b, mbufs[i], link, filter);
	}
	datagram_take_waiting(w, &b);
	datagram_take_looked(w, &b);
	publish_source(w, &b, source);
	publish(w, &b);
	free_packets(b.mbufs, b.mbufs_len);
}
