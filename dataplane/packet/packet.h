// SPDX-License-Identifier: BSD-3-Clause
// A packet on its way to DNS: what the stages pkt_decap → pkt_frag → pkt_tcp hand to each other.
//
//     frame  ┌──────┬──────┬─ … ─┬────────┬─────────┬─────────┐
//            │ link │ VLAN │     │ ip     │ tcp/udp │ payload │ padding
//            └──────┴──────┴─ … ─┴────────┴─────────┴─────────┘
//                                └ innermost IP header
//
// No DPDK here, so that tests and fuzzers need no EAL (frag.c alone works on mbufs).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/dns_ports.h"
#include "dataplane/base/link_kind.h"
#include "dataplane/common/stats.h"

enum pkt_verdict {
	PKT_UDP,      // payload is the UDP payload; ports are of DNS
	PKT_TCP,      // payload is the TCP payload, tcp is filled; ports are of DNS
	PKT_FRAGMENT, // ip..ip_end is one fragment of an IPv4 or IPv6 datagram
	PKT_DROP      // its reason is counted already
};

enum {
	PKT_HEADERS_MAX = 24, // headers within each other; more is counted as tunnel_depth
	PKT_DNS_PORTS_MAX = 16
};

enum pkt_tcp_flag { PKT_TCP_FIN = 0x01, PKT_TCP_SYN = 0x02, PKT_TCP_RST = 0x04, PKT_TCP_ACK = 0x10 };

// Which number pkt_decap did not know, where that is why it dropped the packet (unknown.h).
enum pkt_unknown { PKT_KNOWN, PKT_UNKNOWN_ETHERTYPE, PKT_UNKNOWN_PROTOCOL, PKT_UNKNOWN_UDP_PORT };

struct pkt {
	const uint8_t *ip;	 // innermost IP header
	const uint8_t *ip_end;	 // end of that datagram as its length field says (padding is outside)
	const uint8_t *src;	 // 4 or 16 octets, by ip_version
	const uint8_t *dst;	 // 4 or 16 octets
	const uint8_t *payload;	 // behind the transport header
	uint32_t payload_size;	 // octets
	uint16_t src_port;	 // host order
	uint16_t dst_port;	 // host order
	uint8_t ip_version;	 // 4 or 6
	uint8_t tcp_flags;	 // enum pkt_tcp_flag
	uint32_t tcp_seq;	 // host order
	uint32_t tcp_ack;	 // host order; means something with PKT_TCP_ACK
	uint8_t unknown;	 // enum pkt_unknown, of PKT_DROP alone; then payload is what is behind that number
	uint16_t unknown_number; // EtherType, IP protocol or destination port
};

// One DNS message of a TCP stream. `wire` is valid during the call only. `pkt` has the addresses and ports of its
// direction, nothing else. `time_s` is when the last segment of that direction arrived.
typedef void pkt_tcp_message(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s);

// decap.c: takes link, VLAN, MPLS, PPPoE and tunnel headers off until a UDP or TCP header of a
// DNS port, a fragment, or a reason to drop. `frame` must outlive `*out`. Counts exactly one
// packets_total outcome of `stats` for every call, and decapsulated_total on the way. No allocation.
enum pkt_verdict pkt_decap(struct pkt *out, const uint8_t *frame, size_t size, enum link_kind link,
	const struct dns_ports *ports, struct worker_stats *stats);

// The same for frames that pkt_fast (decap_fast.h) has refused.
enum pkt_verdict pkt_decap_other(struct pkt *out, const uint8_t *frame, size_t size, enum link_kind link,
	const struct dns_ports *ports, struct worker_stats *stats);
