// SPDX-License-Identifier: BSD-3-Clause
// A packet on its way to DNS: what the stages pkt_decap → pkt_frag → pkt_tcp pass on.
//
//     frame  ┌──────┬──────┬─ … ─┬────────┬─────────┬─────────┐
//            │ link │ VLAN │     │ ip     │ tcp/udp │ payload │ padding
//            └──────┴──────┴─ … ─┴────────┴─────────┴─────────┘
//                                └ innermost IP header
//
// No DPDK here, so that tests and fuzz targets need no EAL; only frag.c uses mbufs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/dns_ports.h"
#include "dataplane/base/link_kind.h"
#include "dataplane/common/stats.h"

enum pkt_verdict {
	PKT_UDP,      // payload is the UDP payload; one of the ports is a DNS port
	PKT_TCP,      // payload is the TCP payload, the tcp_ fields are set; one of the ports is a DNS port
	PKT_FRAGMENT, // ip..ip_end is one fragment of an IPv4 or IPv6 datagram
	PKT_DROP      // the reason is already counted
};

enum {
	PKT_HEADERS_MAX = 24, // nested headers; a packet with more is counted as tunnel_depth
	PKT_DNS_PORTS_MAX = 16
};

enum pkt_tcp_flag { PKT_TCP_FIN = 0x01, PKT_TCP_SYN = 0x02, PKT_TCP_RST = 0x04, PKT_TCP_ACK = 0x10 };

// If pkt_decap dropped a packet because of an unknown number: which kind of number (unknown.h).
enum pkt_unknown { PKT_KNOWN, PKT_UNKNOWN_ETHERTYPE, PKT_UNKNOWN_PROTOCOL, PKT_UNKNOWN_UDP_PORT };

struct pkt {
	const uint8_t *ip;	 // innermost IP header
	const uint8_t *ip_end;	 // end of that datagram by its length field; padding is not part of it
	const uint8_t *src;	 // 4 or 16 octets, by ip_version
	const uint8_t *dst;	 // 4 or 16 octets
	const uint8_t *payload;	 // after the transport header
	uint32_t payload_size;	 // octets
	uint16_t src_port;	 // host order
	uint16_t dst_port;	 // host order
	uint8_t ip_version;	 // 4 or 6
	uint8_t tcp_flags;	 // enum pkt_tcp_flag
	uint32_t tcp_seq;	 // host order
	uint32_t tcp_ack;	 // host order; valid only with PKT_TCP_ACK
	uint8_t unknown;	 // enum pkt_unknown, for PKT_DROP only; payload is then what follows that number
	uint16_t unknown_number; // EtherType, IP protocol or destination port
};

// One DNS message of a TCP stream. `wire` is valid during the call only. `pkt` has the addresses and ports of its
// direction, nothing else. `time_s` is when the last segment of that direction arrived.
typedef void pkt_tcp_message(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s);

// Removes link, VLAN, MPLS, PPPoE and tunnel headers (decap.c) until it finds a UDP or TCP header with a DNS port, a
// fragment, or a reason to drop. `*out` points into `frame`, which must outlive it. Counts exactly one outcome of
// packets_total in `stats` per call, and the headers removed in decapsulated_total. No allocation.
enum pkt_verdict pkt_decap(struct pkt *out, const uint8_t *frame, size_t size, enum link_kind link,
	const struct dns_ports *ports, struct worker_stats *stats);
