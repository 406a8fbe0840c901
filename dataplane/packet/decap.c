// SPDX-License-Identifier: BSD-3-Clause
// From a frame to the transport header of DNS. Nearly every packet of a tap is Ethernet, at most one VLAN tag, IP without
// options: pkt_fast (decap_fast.h) takes those that are DNS, not_dns drops those that are not. If they cannot decide, they
// change nothing and the loop over layers reads the whole frame. Shortcut and loop must give the same result.
#include "dataplane/packet/decap_fast.h"
#include "dataplane/packet/decap.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

// True if the transport header at `l4` is certainly neither of DNS nor of a tunnel.
static inline bool ports_are_other(const uint8_t *l4, size_t size, uint8_t protocol, const struct dns_ports *ports)
{
	uint16_t src_port = cursor_load16(l4), dst_port = cursor_load16(l4 + 2);

	if (dns_ports_has(ports, src_port) || dns_ports_has(ports, dst_port))
		return false;
	if (protocol == IP_PROTOCOL_TCP)
		return size >= 20;
	size_t length = cursor_load16(l4 + 4);
	return protocol == IP_PROTOCOL_UDP && length >= 8 && length <= size &&
	       decap_tunnel_of(src_port) == END_NOT_DNS && decap_tunnel_of(dst_port) == END_NOT_DNS;
}

// Notes the unknown port of the UDP datagram at `l4`.
static inline void note_port(struct pkt *out, const uint8_t *l4, uint8_t protocol)
{
	if (protocol != IP_PROTOCOL_UDP)
		return;
	out->unknown = PKT_UNKNOWN_UDP_PORT;
	out->unknown_number = cursor_load16(l4 + 2);
	out->payload = l4 + 8;
	out->payload_size = (uint32_t)cursor_load16(l4 + 4) - 8;
}

// True if the frame certainly ends as END_NOT_DNS.
static inline bool not_dns(struct pkt *out, const uint8_t *frame, size_t size, const struct dns_ports *ports,
	struct worker_stats *stats)
{
	size_t link = 14;
	bool other = false;

	if (unlikely(size < 14 + 4 + 28))
		return false;
	uint16_t type = cursor_load16(frame + 12);
	if (type == ETHERTYPE_VLAN) {
		type = cursor_load16(frame + 16);
		link = 18;
	}
	const uint8_t *ip = frame + link;
	size_t left = size - link;
	if (type == ETHERTYPE_IPV4) {
		size_t total = cursor_load16(ip + 2);
		if (ip[0] == 0x45 && (cursor_load16(ip + 6) & 0x3fff) == 0 && total >= 28 && total <= left)
			if ((other = ports_are_other(ip + 20, total - 20, ip[9], ports)))
				note_port(out, ip + 20, ip[9]);
	} else if (type == ETHERTYPE_IPV6 && left >= 48 && ip[0] >> 4 == 6) {
		size_t length = cursor_load16(ip + 4);
		if (length >= 8 && length <= left - 40)
			if ((other = ports_are_other(ip + 40, length, ip[6], ports)))
				note_port(out, ip + 40, ip[6]);
	}
	if (other && link == 18)
		stats_add(&stats->decap_vlan, 1);
	return other;
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
	[LAYER_MACSEC] = decap_macsec,
	[LAYER_TRILL] = decap_trill,
	[LAYER_NSH] = decap_nsh,
	[LAYER_WLAN] = decap_wlan,
	[LAYER_IP] = decap_ip,
	[LAYER_IPV4] = decap_ipv4,
	[LAYER_IPV6] = decap_ipv6,
	[LAYER_PROTOCOL] = decap_protocol,
	[LAYER_UDP] = decap_udp,
	[LAYER_TCP] = decap_tcp,
	[LAYER_IPIP] = decap_ipip,
	[LAYER_ETHERIP] = decap_etherip,
	[LAYER_GRE] = decap_gre,
	[LAYER_ERSPAN1] = decap_erspan1,
	[LAYER_ERSPAN2] = decap_erspan2,
	[LAYER_ERSPAN3] = decap_erspan3,
	[LAYER_VXLAN] = decap_vxlan,
	[LAYER_VXLAN_GPE] = decap_vxlan_gpe,
	[LAYER_GENEVE] = decap_geneve,
	[LAYER_GTPU] = decap_gtpu,
	[LAYER_TEREDO] = decap_teredo,
	[LAYER_L2TP] = decap_l2tp,
	[LAYER_L2TP3] = decap_l2tp3,
	[LAYER_TZSP] = decap_tzsp,
	[LAYER_ERM] = decap_erm,
	[LAYER_GUE] = decap_gue,
	[LAYER_LISP] = decap_lisp,
	[LAYER_CAPWAP] = decap_capwap,
	[LAYER_AYIYA] = decap_ayiya,
};

static const enum pkt_layer first_layer[LINK_KIND_MAX] = {
	[LINK_KIND_ETHERNET] = LAYER_ETHERNET,
	[LINK_KIND_RAW_IP] = LAYER_IP,
	[LINK_KIND_NULL] = LAYER_NULL,
	[LINK_KIND_SLL] = LAYER_SLL,
	[LINK_KIND_SLL2] = LAYER_SLL2,
	[LINK_KIND_MATCHED_IP] = LAYER_IP,
};

// Notes which number the last layer did not know.
static void note_unknown(const struct decap *d, enum pkt_layer from, enum pkt_layer end)
{
	struct pkt *out = d->out;

	if (from == LAYER_ETHERTYPE && end == END_NOT_IP)
		out->unknown = PKT_UNKNOWN_ETHERTYPE;
	else if (from == LAYER_PROTOCOL && end == END_NOT_DNS)
		out->unknown = PKT_UNKNOWN_PROTOCOL;
	else if (from == LAYER_UDP && end == END_NOT_DNS)
		out->unknown = PKT_UNKNOWN_UDP_PORT;
	else
		return;
	out->unknown_number = from == LAYER_UDP ? out->dst_port : d->type;
	out->payload = d->c.at;
	out->payload_size = (uint32_t)cursor_left(&d->c);
}

static __attribute__((noinline)) enum pkt_layer slow(struct pkt *out, const uint8_t *frame, size_t size,
	enum link_kind link, const struct dns_ports *ports, struct worker_stats *stats)
{
	struct decap d = {.c = cursor_make(frame, size), .out = out, .ports = ports, .stats = stats};
	enum pkt_layer layer = first_layer[link];

	for (unsigned headers = 0; layer < LAYER_MAX;) {
		const uint8_t *at = d.c.at;
		enum pkt_layer from = layer;
		layer = layers[from](&d);
		if (d.c.bad)
			return END_SHORT;
		if (layer > LAYER_MAX)
			note_unknown(&d, from, layer);
		headers += d.c.at != at; // some layers only choose the next one
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

// A frame for which pkt_fast (decap_fast.h) returned false.
static enum pkt_verdict decap_other(struct pkt *out, const uint8_t *frame, size_t size, enum link_kind link,
	const struct dns_ports *ports, struct worker_stats *stats)
{
	enum pkt_layer end = END_NOT_DNS;

	out->unknown = PKT_KNOWN;
	if (link != LINK_KIND_ETHERNET || !not_dns(out, frame, size, ports, stats))
		end = slow(out, frame, size, link, ports, stats);
	if (end == END_UDP) {
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

enum pkt_verdict pkt_decap(struct pkt *out, const uint8_t *frame, size_t size, enum link_kind link,
	const struct dns_ports *ports, struct worker_stats *stats)
{
	uint64_t vlans = 0;

	if (link != LINK_KIND_ETHERNET || !pkt_fast(out, frame, size, ports, &vlans))
		return decap_other(out, frame, size, link, ports, stats);
	stats_add(&stats->decap_vlan, vlans);
	stats_add(&stats->pkt_udp, 1);
	return PKT_UDP;
}
