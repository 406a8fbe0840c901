// SPDX-License-Identifier: BSD-3-Clause
// From a frame to the transport header of DNS. Nearly every packet of a tap is Ethernet, at most one
// VLAN tag, IP without options: the fast path decides those. It either knows the end or knows nothing
// (LAYER_MAX) and leaves the whole frame to the loop over layers, which must agree with it.
#include "dataplane/pkt_layers.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

// The UDP length, or 0 where it cannot be right.
static inline size_t fast_udp_length(const uint8_t *udp, size_t size)
{
	size_t length = cursor_load16(udp + 4);

	return length >= 8 && length <= size ? length : 0;
}

static inline enum pkt_layer fast_transport(
	struct pkt *out, const uint8_t *l4, size_t size, uint8_t protocol, const struct pkt_ports *ports)
{
	uint16_t src_port = cursor_load16(l4), dst_port = cursor_load16(l4 + 2);
	bool dns = pkt_ports_has(ports, src_port) || pkt_ports_has(ports, dst_port);

	if (likely(protocol == IP_PROTOCOL_UDP && dns)) {
		size_t length = fast_udp_length(l4, size);
		if (unlikely(length == 0))
			return LAYER_MAX;
		out->src_port = src_port;
		out->dst_port = dst_port;
		out->payload = l4 + 8;
		out->payload_size = (uint32_t)length - 8;
		return END_UDP;
	}
	if (dns)
		return LAYER_MAX;
	if (protocol == IP_PROTOCOL_TCP && size >= 20)
		return END_NOT_DNS;
	if (protocol == IP_PROTOCOL_UDP && decap_tunnel_of(src_port) == END_NOT_DNS &&
		decap_tunnel_of(dst_port) == END_NOT_DNS)
		return fast_udp_length(l4, size) ? END_NOT_DNS : LAYER_MAX;
	return LAYER_MAX;
}

static inline enum pkt_layer fast_ipv4(
	struct pkt *out, const uint8_t *ip, size_t left, const struct pkt_ports *ports)
{
	size_t total = cursor_load16(ip + 2);

	if (unlikely(ip[0] != 0x45 || (cursor_load16(ip + 6) & 0x3fff) != 0 || total < 28 || total > left))
		return LAYER_MAX;
	out->ip = ip;
	out->ip_end = ip + total;
	out->src = ip + 12;
	out->dst = ip + 16;
	out->ip_version = 4;
	return fast_transport(out, ip + 20, total - 20, ip[9], ports);
}

static inline enum pkt_layer fast_ipv6(
	struct pkt *out, const uint8_t *ip, size_t left, const struct pkt_ports *ports)
{
	size_t length = cursor_load16(ip + 4);

	if (unlikely(left < 48 || ip[0] >> 4 != 6 || length < 8 || length > left - 40))
		return LAYER_MAX;
	out->ip = ip;
	out->ip_end = ip + 40 + length;
	out->src = ip + 8;
	out->dst = ip + 24;
	out->ip_version = 6;
	return fast_transport(out, ip + 40, length, ip[6], ports);
}

static inline enum pkt_layer fast(struct pkt *out, const uint8_t *frame, size_t size,
	const struct pkt_ports *ports, struct worker_stats *stats)
{
	size_t link = 14;

	if (unlikely(size < 14 + 4 + 28))
		return LAYER_MAX;
	uint16_t type = cursor_load16(frame + 12);
	if (type == ETHERTYPE_VLAN) {
		type = cursor_load16(frame + 16);
		link = 18;
	}
	enum pkt_layer end = LAYER_MAX;
	if (likely(type == ETHERTYPE_IPV4))
		end = fast_ipv4(out, frame + link, size - link, ports);
	else if (likely(type == ETHERTYPE_IPV6))
		end = fast_ipv6(out, frame + link, size - link, ports);
	if (link == 18 && end != LAYER_MAX)
		stats_add(&stats->decap_vlan, 1);
	return end;
}

static enum pkt_layer (*const layers[LAYER_MAX])(struct decap *) = {
	[LAYER_ETHERNET] = decap_ethernet,
	[LAYER_ETHERTYPE] = decap_ethertype,
	[LAYER_LLC] = decap_llc,
	[LAYER_NULL] = decap_null,
	[LAYER_SLL] = decap_sll,
	[LAYER_SLL2] = decap_sll2,
	[LAYER_MPLS] = decap_mpls,
	[LAYER_PPPOE] = decap_pppoe,
	[LAYER_PPP] = decap_ppp,
	[LAYER_IP] = decap_ip,
	[LAYER_IPV4] = decap_ipv4,
	[LAYER_IPV6] = decap_ipv6,
	[LAYER_PROTOCOL] = decap_protocol,
	[LAYER_UDP] = decap_udp,
	[LAYER_TCP] = decap_tcp,
	[LAYER_GRE] = decap_gre,
	[LAYER_ERSPAN1] = decap_erspan1,
	[LAYER_ERSPAN2] = decap_erspan2,
	[LAYER_ERSPAN3] = decap_erspan3,
	[LAYER_VXLAN] = decap_vxlan,
	[LAYER_VXLAN_GPE] = decap_vxlan_gpe,
	[LAYER_GENEVE] = decap_geneve,
	[LAYER_GTPU] = decap_gtpu,
	[LAYER_TEREDO] = decap_teredo,
};

static const enum pkt_layer first_layer[PKT_LINK_MAX] = {
	[PKT_LINK_ETHERNET] = LAYER_ETHERNET,
	[PKT_LINK_RAW_IP] = LAYER_IP,
	[PKT_LINK_NULL] = LAYER_NULL,
	[PKT_LINK_SLL] = LAYER_SLL,
	[PKT_LINK_SLL2] = LAYER_SLL2,
};

static __attribute__((noinline)) enum pkt_layer slow(struct pkt *out, const uint8_t *frame, size_t size,
	enum pkt_link link, const struct pkt_ports *ports, struct worker_stats *stats)
{
	struct decap d = {.c = cursor_make(frame, size), .out = out, .ports = ports, .stats = stats};
	enum pkt_layer layer = first_layer[link];

	for (unsigned headers = 0; layer < LAYER_MAX;) {
		const uint8_t *at = d.c.at;
		layer = layers[layer](&d);
		if (d.c.bad)
			return END_SHORT;
		headers += d.c.at != at; // some layers only look at what comes next
		if (headers > PKT_HEADERS_MAX)
			return END_TUNNEL_DEPTH;
	}
	return layer;
}

static __attribute__((noinline)) enum pkt_verdict drop(enum pkt_layer end, struct worker_stats *stats)
{
	uint64_t *const reason[] = {
		[END_SHORT - END_SHORT] = &stats->pkt_short,
		[END_NOT_IP - END_SHORT] = &stats->pkt_not_ip,
		[END_NOT_DNS - END_SHORT] = &stats->pkt_not_dns,
		[END_ICMP - END_SHORT] = &stats->pkt_icmp,
		[END_TUNNEL_UNKNOWN - END_SHORT] = &stats->pkt_tunnel_unknown,
		[END_TUNNEL_DEPTH - END_SHORT] = &stats->pkt_tunnel_depth,
	};

	stats_add(reason[end - END_SHORT], 1);
	return PKT_DROP;
}

enum pkt_verdict pkt_decap(struct pkt *out, const uint8_t *frame, size_t size, enum pkt_link link,
	const struct pkt_ports *ports, struct worker_stats *stats)
{
	enum pkt_layer end = LAYER_MAX;

	if (likely(link == PKT_LINK_ETHERNET))
		end = fast(out, frame, size, ports, stats);
	if (unlikely(end == LAYER_MAX))
		end = slow(out, frame, size, link, ports, stats);
	if (likely(end == END_UDP)) {
		stats_add(&stats->pkt_udp, 1);
		return PKT_UDP;
	}
	if (end == END_TCP) {
		stats_add(&stats->pkt_tcp, 1);
		return PKT_TCP;
	}
	if (end == END_FRAGMENT) {
		stats_add(&stats->pkt_fragment, 1);
		return PKT_FRAGMENT;
	}
	return drop(end, stats);
}
