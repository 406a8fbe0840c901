// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/slow_packet.h"

#include "dataplane/admit/filter_packet.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/loop/datagram.h"
#include "dataplane/packet/cut.h"
#include "dataplane/packet/encrypted.h"

enum { FRAGMENTS_DEEP = 3 }; // at most so many reassembled datagrams within each other

bool slow_packet_is_copy(struct worker *w, const struct pkt *pkt)
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

	if (!copies_wants(w->copies, pkt, verdict) || !slow_packet_is_copy(w, pkt))
		return false;
	stats_recount(outcome[verdict], &w->stats.pkt_duplicate);
	return true;
}

// The counter for the packet in hand if its end may be missing; NULL: it is whole.
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
	slow_packet_take(w, b, whole, LINK_KIND_RAW_IP);
	b->fragments_deep--;
}

// Whether the filter takes the packet, whose verdict is counted already. A fragment waits until its datagram is whole.
// The filter also applies to packets without DNS, because connections of encrypted DNS are counted.
static __rte_noinline bool passes_filter(struct worker *w, const struct burst *b, const struct pkt *pkt,
	const uint8_t *frame, uint32_t size, enum link_kind link, enum pkt_verdict verdict)
{
	const struct filter_packet *filter = w->filters->packets;
	const uint8_t *addresses = b->fragments_deep > 0 ? b->addresses : link == LINK_KIND_ETHERNET ? frame : NULL;

	if (verdict == PKT_FRAGMENT)
		return true;
	if (verdict == PKT_DROP) {
		size_t at = encrypted_ip(frame, size, link);
		return at < size && filter_packet_takes_ip(filter, frame + at, frame + size, addresses);
	}
	if (filter_packet_takes_ip(filter, pkt->ip, pkt->ip_end, addresses))
		return true;
	uint64_t *counted = verdict == PKT_UDP ? &w->stats.pkt_udp : &w->stats.pkt_tcp;
	stats_set(counted, stats_get(counted) - 1);
	stats_add(&w->stats.pkt_filtered, 1);
	return false;
}

void slow_packet_take(struct worker *w, struct burst *b, struct rte_mbuf *m, enum link_kind link)
{
	uint32_t size = rte_pktmbuf_pkt_len(m);
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct pkt pkt;

	datagram_take_waiting(w, b);
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
		is_other_copy(w, &pkt, verdict)) { // the fragments of a reassembled datagram were compared already
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
		pkt_tcp_segment(w->tcp, &pkt, b->now_s, w->clock_s, message_take_stream, w);
	} else if (verdict == PKT_UDP) {
		b->slow++;
		datagram_add(w, b, &pkt, pkt.payload_size);
		datagram_take_waiting(w, b); // the next packet of several segments needs w->linear
		w->is_cut = false;
	} else {
		if (w->unknown)
			unknown_count(w->unknown, &pkt);
		encrypted_count(frame, size, link, w->filters ? w->filters->doh : NULL, &w->stats);
	}
}
