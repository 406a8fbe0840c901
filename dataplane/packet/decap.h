// SPDX-License-Identifier: BSD-3-Clause
// Headers off, one layer per call. Private to decap*.c and encrypted.c; everyone else uses packet.h.
//
//     decap_fast.h        the ordinary packet, inlined into the loop
//     decap.c             other packets: loop over layers, counters of the ends
//     decap_link.c        Ethernet, VLAN and other tags, LLC, SLL, null, MPLS, PPPoE, PPP
//     decap_bridge.c      MACsec without encryption, TRILL, NSH, 802.11
//     decap_ip.c          IPv4, IPv6, extension headers, fragments, UDP, TCP
//     decap_tunnel.c      GRE, ERSPAN, VXLAN, Geneve, GTP-U, Teredo
//     decap_tunnel_udp.c  L2TP, TZSP, ERM, GUE, LISP, CAPWAP, AYIYA
//
// bpf/encapsulations.h says which number leads to which layer; the XDP program uses the same list.
//
// A layer reads its header from the cursor, shortens the cursor to the length that the header gives, and returns the
// next layer or an end. It need not check the cursor's error: if the cursor is bad, the packet ends as END_SHORT.
#pragma once

#include "bpf/encapsulations.h"
#include "dataplane/common/cursor.h"
#include "dataplane/packet/packet.h"

enum pkt_layer {
	LAYER_ETHERNET,
	LAYER_ETHERTYPE, // the EtherType in `decap.type`
	LAYER_LLC,
	LAYER_NULL,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_MPLS,
	LAYER_PPPOE,
	LAYER_PPP,
	LAYER_MACSEC,
	LAYER_TRILL,
	LAYER_NSH,
	LAYER_WLAN,
	LAYER_IP, // IPv4 or IPv6 by the first nibble
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_PROTOCOL, // the IP protocol in `decap.type`
	LAYER_UDP,
	LAYER_TCP,
	LAYER_IPIP,
	LAYER_ETHERIP,
	LAYER_GRE,
	LAYER_ERSPAN1,
	LAYER_ERSPAN2,
	LAYER_ERSPAN3,
	LAYER_VXLAN,
	LAYER_VXLAN_GPE,
	LAYER_GENEVE,
	LAYER_GTPU,
	LAYER_TEREDO,
	LAYER_L2TP,
	LAYER_L2TP3,
	LAYER_TZSP,
	LAYER_ERM,
	LAYER_GUE,
	LAYER_LISP,
	LAYER_CAPWAP,
	LAYER_AYIYA,
	LAYER_MAX,

	// Ends: no more headers to remove. LAYER_MAX itself is not an end.
	END_UDP = LAYER_MAX + 1,
	END_TCP,
	END_FRAGMENT,
	END_SHORT,
	END_NOT_IP,
	END_NOT_DNS,
	END_ICMP,
	END_TUNNEL_UNKNOWN,
	END_TUNNEL_DEPTH
};

enum pkt_ethertype { // IEEE 802 numbers
	ETHERTYPE_802_3_MAX = ENCAP_802_3_MAX,
	ETHERTYPE_IPV4 = ENCAP_IPV4,
	ETHERTYPE_ERSPAN3 = 0x22eb,
	ETHERTYPE_EOIP = 0x6400, // in GRE only
	ETHERTYPE_TEB = ENCAP_TEB,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = ENCAP_IPV6,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_WCCP = 0x883e,
	ETHERTYPE_JUMBO_LLC = ENCAP_JUMBO_LLC,
	ETHERTYPE_ERSPAN = 0x88be
};

enum pkt_ip_protocol { // IANA protocol numbers
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_IPV6 = 41,
	IP_PROTOCOL_FRAGMENT = 44,
	IP_PROTOCOL_ICMPV6 = 58,
	IP_PROTOCOL_ETHERIP = 97
};

struct decap {
	struct cursor c;	       // what is left; ends at the innermost length field
	struct pkt *out;	       // the result, filled by the layers
	const struct dns_ports *ports; // of DNS
	struct worker_stats *stats;    // decapsulated_total
	uint16_t type;		       // EtherType or IP protocol of the next header
	bool cut;		       // the innermost IP datagram is longer than the captured octets
};

// Shortens the cursor to `n` octets, the value of a length field. A packet may be cut by the snapshot length of its capture,
// so a larger value changes nothing: the next reads find out.
static inline void decap_clip(struct decap *d, size_t n)
{
	if (n < cursor_left(&d->c))
		d->c.end = d->c.at + n;
}

// decap_link.c
enum pkt_layer decap_ethernet(struct decap *d);
enum pkt_layer decap_ethertype(struct decap *d);
enum pkt_layer decap_llc(struct decap *d);
enum pkt_layer decap_null(struct decap *d);
enum pkt_layer decap_sll(struct decap *d);
enum pkt_layer decap_sll2(struct decap *d);
enum pkt_layer decap_mpls(struct decap *d);
enum pkt_layer decap_pppoe(struct decap *d);
enum pkt_layer decap_ppp(struct decap *d);

// True if the Ethernet frame `at` octets from here has an EtherType that can lead to IP.
bool decap_leads_to_ip(const struct decap *d, size_t at);

// decap_bridge.c
enum pkt_layer decap_macsec(struct decap *d);
enum pkt_layer decap_trill(struct decap *d);
enum pkt_layer decap_nsh(struct decap *d);
enum pkt_layer decap_wlan(struct decap *d);

// decap_ip.c
enum pkt_layer decap_ip(struct decap *d);
enum pkt_layer decap_ipv4(struct decap *d);
enum pkt_layer decap_ipv6(struct decap *d);
enum pkt_layer decap_protocol(struct decap *d);
enum pkt_layer decap_udp(struct decap *d);
enum pkt_layer decap_tcp(struct decap *d);
enum pkt_layer decap_ipip(struct decap *d);
enum pkt_layer decap_etherip(struct decap *d);

// decap_tunnel.c
enum pkt_layer decap_gre(struct decap *d);
enum pkt_layer decap_erspan1(struct decap *d);
enum pkt_layer decap_erspan2(struct decap *d);
enum pkt_layer decap_erspan3(struct decap *d);
enum pkt_layer decap_vxlan(struct decap *d);
enum pkt_layer decap_vxlan_gpe(struct decap *d);
enum pkt_layer decap_geneve(struct decap *d);
enum pkt_layer decap_gtpu(struct decap *d);
enum pkt_layer decap_teredo(struct decap *d);

// decap_tunnel_udp.c
enum pkt_layer decap_l2tp(struct decap *d);
enum pkt_layer decap_l2tp3(struct decap *d);
enum pkt_layer decap_tzsp(struct decap *d);
enum pkt_layer decap_erm(struct decap *d);
enum pkt_layer decap_gue(struct decap *d);
enum pkt_layer decap_lisp(struct decap *d);
enum pkt_layer decap_capwap(struct decap *d);
enum pkt_layer decap_ayiya(struct decap *d);

// The tunnel that uses UDP port `port`, or END_NOT_DNS. Inline, since not_dns in decap.c asks for most packets.
static inline enum pkt_layer decap_tunnel_of(uint16_t port)
{
#define DECAP_PORT(port, layer, kind) \
	case port: \
		return LAYER_##layer;
	switch (port) {
		ENCAP_UDP_PORTS(DECAP_PORT)
	default:
		return END_NOT_DNS;
	}
#undef DECAP_PORT
}
