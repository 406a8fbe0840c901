// SPDX-License-Identifier: BSD-3-Clause
// pkt_decap: one row a kind of frame, each prefix of each frame against an unreadable page, the fast path
// against the slow one.
#include <CUnit/Basic.h>
#include <string.h>

#include "dataplane/packet/packet.h"
#include "tests/tools/frame.h"
#include "tests/tools/guard.h"

#define FIELD(name) offsetof(struct worker_stats, name)
#define ANSWER "udp:0035:8000 dns"
#define IPV4_ANSWER "ip4:11 " ANSWER
#define INNER "eth 0800 " IPV4_ANSWER

struct row {
	const char *what;
	const char *words; // see frame.h
	enum link_kind link;
	size_t outcome;	  // field that is counted once
	size_t header;	  // field of decapsulated_total that is counted, or 0
	unsigned headers; // how often
};

static const struct row rows[] = {
	{"IPv4", INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"IPv6", "eth 86dd ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"query", "eth 0800 ip4:11 udp:8000:0035 dns", LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"IPv4 options", "eth 0800 47000055000100004011000001020304c0000202 0101010101010100 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"frame padded by the link", "eth 0800 ip4:11:0055 udp:0035:8000:0041 dns", LINK_KIND_ETHERNET, FIELD(pkt_udp),
		0, 0},
	{"TCP", "eth 0800 ip4:06 tcp:0035:8000 dns", LINK_KIND_ETHERNET, FIELD(pkt_tcp), 0, 0},
	{"TCP over IPv6", "eth 86dd ip6:06 tcp:8000:0035 dns", LINK_KIND_ETHERNET, FIELD(pkt_tcp), 0, 0},
	{"TCP options", "eth 0800 ip4:06 003580000000000100000002 7018ffff00000000 0101080a00000001 dns",
		LINK_KIND_ETHERNET, FIELD(pkt_tcp), 0, 0},
	{"TCP of another port", "eth 0800 ip4:06 tcp:01bb:8000 dns", LINK_KIND_ETHERNET, FIELD(pkt_not_dns), 0, 0},
	{"UDP of another port", "eth 0800 ip4:11 udp:01bb:8000 dns", LINK_KIND_ETHERNET, FIELD(pkt_not_dns), 0, 0},
	{"TCP data offset 4", "eth 0800 ip4:06 003580000000000100000002 4018ffff00000000 dns", LINK_KIND_ETHERNET,
		FIELD(pkt_short), 0, 0},
	{"header length 4", "eth 0800 44000040000100004011000001020304c0000202 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_short), 0, 0},
	{"header length past the end", "eth 0800 4f00001c000100004011000001020304c0000202 udp:0035:8000",
		LINK_KIND_ETHERNET, FIELD(pkt_short), 0, 0},
	{"total length below the header", "eth 0800 ip4:11:0013 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_short), 0, 0},
	{"total length 0: not yet cut up", "eth 0800 ip4:11:0000 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"payload length 0: jumbogram", "eth 86dd ip6:00:0000 1100c20400000039 udp:0035:8000:0000 dns",
		LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"total length past the end", "eth 0800 ip4:11:0200 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"UDP length past the end", "eth 0800 ip4:11 udp:0035:8000:0200 dns", LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"UDP length 0", "eth 0800 ip4:11 udp:0035:8000:0000 dns", LINK_KIND_ETHERNET, FIELD(pkt_short), 0, 0},
	{"UDP length 7", "eth 0800 ip4:11 udp:0035:8000:0007 dns", LINK_KIND_ETHERNET, FIELD(pkt_short), 0, 0},
	{"ARP", "eth 0806 0001080006040001", LINK_KIND_ETHERNET, FIELD(pkt_not_ip), 0, 0},
	{"IP version 5", "eth 0800 55000040000100004011000001020304c0000202 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_not_ip), 0, 0},
	{"ICMP", "eth 0800 ip4:01 0303000000000000 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_icmp), 0, 0},
	{"ICMPv6", "eth 86dd ip6:3a 0104000000000000 ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_icmp), 0, 0},
	{"ESP", "eth 0800 ip4:32 0000000100000001 dns", LINK_KIND_ETHERNET, FIELD(pkt_not_dns), 0, 0},
	{"first fragment", "eth 0800 4500004d000120004011000001020304c0000202 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_fragment), 0, 0},
	{"last fragment", "eth 0800 4500004d000100054011000001020304c0000202 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_fragment), 0, 0},
	{"fragment cut off", "eth 0800 45000240000120004011000001020304c0000202 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_short), 0, 0},
	{"IPv6 fragment", "eth 86dd ip6:2c 1100000100000001 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_fragment), 0, 0},
	{"IPv6 atomic fragment", "eth 86dd ip6:2c 1100000000000001 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"IPv6 extension headers",
		"eth 86dd ip6:00 2b00010400000000 3c00000000000000 3301010c00000000 0000000000000000"
		" 11040000000000010000000100000000 0000000000000000 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"IPv6 no next header", "eth 86dd ip6:3b", LINK_KIND_ETHERNET, FIELD(pkt_not_dns), 0, 0},
	{"802.1Q", "eth 8100 0064 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_vlan), 1},
	{"QinQ 88a8", "eth 88a8 0064 8100 0065 86dd ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_vlan), 2},
	{"QinQ 9100", "eth 9100 0064 8100 0065 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_vlan), 2},
	{"LLC and SNAP", "eth 0059 aaaa03 000000 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"spanning tree", "eth 0026 424203 0000000000", LINK_KIND_ETHERNET, FIELD(pkt_not_ip), 0, 0},
	{"MPLS, three labels", "eth 8847 00010040 00020040 00030140 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_mpls), 3},
	{"MPLS to IPv6", "eth 8848 00030140 ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_mpls), 1},
	{"MPLS to IPv6, its source like an EtherType",
		"eth 8847 00030140 6000000000391140 20010db8080045000000000000000001 "
		"20010db8000000000000000000000002 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_mpls), 1},
	{"pseudowire to an address like IPv4", "eth 8847 00030140 4c0000000001 020000000002 0800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_mpls), 1},
	{"pseudowire", "eth 8847 00030140 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_mpls), 1},
	{"pseudowire with control word", "eth 8847 00030140 00000001 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_mpls), 1},
	{"pseudowire of something else", "eth 8847 00030140 10000001 1234", LINK_KIND_ETHERNET,
		FIELD(pkt_tunnel_unknown), FIELD(decap_mpls), 1},
	{"PPPoE", "eth 8864 1100 0001 004f 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_pppoe),
		1},
	{"PPPoE, IPv6", "eth 8864 1100 0001 0063 0057 ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_pppoe), 1},
	{"PPPoE, LCP", "eth 8864 1100 0001 0006 c021 01000004", LINK_KIND_ETHERNET, FIELD(pkt_not_ip),
		FIELD(decap_pppoe), 1},
	{"IP in IP", "eth 0800 ip4:04 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_ipip), 1},
	{"6in4", "eth 0800 ip4:29 ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_ipip), 1},
	{"4in6", "eth 86dd ip6:04 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_ipip), 1},
	{"GRE", "eth 0800 ip4:2f 0000 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_gre), 1},
	{"GRE, checksum, key, sequence", "eth 0800 ip4:2f b000 86dd 00000000 00000001 00000002 ip6:11 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_gre), 1},
	{"GRE, routing", "eth 0800 ip4:2f 4000 0800 00000000 08000004c0000201 00000000 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_gre), 1},
	{"GRE, bridged", "eth 0800 ip4:2f 2000 6558 00000001 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gre), 1},
	{"GRE, MPLS", "eth 0800 ip4:2f 0000 8847 00010140 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gre), 1},
	{"GRE, WCCP", "eth 0800 ip4:2f 0000 883e 00000000 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gre), 1},
	{"PPTP", "eth 0800 ip4:2f 3081 880b 00500001 00000001 00000001 ff03 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_gre), 1},
	{"PPTP, acknowledgement alone", "eth 0800 ip4:2f 2081 880b 00000001 00000001", LINK_KIND_ETHERNET,
		FIELD(pkt_not_ip), FIELD(decap_gre), 1},
	{"GRE version 2", "eth 0800 ip4:2f 0002 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_tunnel_unknown), 0,
		0},
	{"GRE over UDP", "eth 0800 ip4:11 udp:c000:1292 0000 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gre), 1},
	{"ERSPAN I", "eth 0800 ip4:2f 0000 88be " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_erspan), 1},
	{"ERSPAN II", "eth 0800 ip4:2f 1000 88be 00000001 1064000100000000 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_erspan), 1},
	{"ERSPAN III", "eth 0800 ip4:2f 1000 22eb 00000001 206400010000000000000000 " INNER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_erspan), 1},
	{"ERSPAN III, platform", "eth 0800 ip4:2f 1000 22eb 00000001 206400010000000000000001 0000000000000000 " INNER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_erspan), 1},
	{"ERSPAN III, IP", "eth 0800 ip4:2f 1000 22eb 00000001 206400010000000000000800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_erspan), 1},
	{"VXLAN", "eth 0800 ip4:11 udp:c000:12b5 0800000000000100 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_vxlan), 1},
	{"VXLAN in VLAN, VLAN in VXLAN",
		"eth 8100 0001 86dd ip6:11 udp:c000:2118 0800000000000100 eth 8100 0002 0800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_vlan), 2},
	{"VXLAN without I", "eth 0800 ip4:11 udp:c000:12b5 0000000000000100 " INNER, LINK_KIND_ETHERNET,
		FIELD(pkt_tunnel_unknown), FIELD(decap_vxlan), 0},
	{"VXLAN-GPE", "eth 0800 ip4:11 udp:c000:12b6 0c00000100000100 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_vxlan), 1},
	{"Geneve", "eth 0800 ip4:11 udp:c000:17c1 0000655800000100 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_geneve), 1},
	{"Geneve, options", "eth 0800 ip4:11 udp:c000:17c1 0240080000000100 0102800100000000 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_geneve), 1},
	{"GTP-U", "eth 0800 ip4:11 udp:0868:0868 30ff004d00000001 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gtpu), 1},
	{"GTP-U, extension headers",
		"eth 0800 ip4:11 udp:0868:0868 36ff005900000001 00010085 01001085 01000900 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_gtpu), 1},
	{"GTP-U echo", "eth 0800 ip4:11 udp:0868:0868 3201000400000000 00010000", LINK_KIND_ETHERNET,
		FIELD(pkt_not_dns), 0, 0},
	{"Teredo", "eth 0800 ip4:11 udp:c000:0dd8 ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_teredo), 1},
	{"Teredo, authentication and origin",
		"eth 0800 ip4:11 udp:0dd8:c000 00010000010203040506070800 0000c000c0000201 ip6:11 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_teredo), 1},
	// tags and bridges
	{"TTAG", "eth 8988 000000000000 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_tag), 1},
	{"TTAG behind a VLAN", "eth 8100 0005 8988 000000000000 86dd ip6:11 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_tag), 1},
	{"Cisco metadata", "eth 8909 010100010002 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_tag), 1},
	{"Cisco metadata, VLAN behind it", "eth 8909 010100010002 8100 0005 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_tag), 1},
	{"HSR", "eth 892f 10590001 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_tag), 1},
	{"HSR supervision", "eth 88fb 00010001 170602000000000100000000", LINK_KIND_ETHERNET, FIELD(pkt_not_ip), 0, 0},
	{"R-TAG", "eth f1c1 00000001 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_tag), 1},
	{"VN-Tag", "eth 8926 80010002 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_vlan), 1},
	{"E-Tag", "eth 893f 000000010000 8100 0005 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_vlan), 2},
	{"PBB", "eth 88e7 00001234 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_bridge), 1},
	{"PBB behind a B-VLAN, VLAN in it", "eth 88a8 0002 88e7 00001234 eth 8100 0005 86dd ip6:11 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_bridge), 1},
	{"FabricPath", "eth 8903 0420 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_bridge), 1},
	{"TRILL", "eth 22f3 003f 0001 0002 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_bridge), 1},
	{"TRILL, options", "eth 22f3 00bf 0001 0002 0000000000000000 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_bridge), 1},
	{"TRILL, version 1", "eth 22f3 403f 0001 0002 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_tunnel_unknown), 0, 0},
	{"MACsec in clear", "eth 88e5 0000 00000001 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_tag), 1},
	{"MACsec in clear, with sender", "eth 88e5 2000 00000001 0200000000010001 0800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_tag), 1},
	{"MACsec, encrypted", "eth 88e5 2c00 00000001 0200000000010001 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_not_ip), 0, 0},
	{"NSH, IPv4", "eth 894f 0fc6 0101 00000aff 00000000000000000000000000000000 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_nsh), 1},
	{"NSH, IPv6, no metadata", "eth 894f 0fc2 0202 00000aff ip6:11 " ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_nsh), 1},
	{"NSH, Ethernet", "eth 894f 0fc2 0203 00000aff " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_nsh),
		1},
	{"NSH in NSH, MPLS", "eth 894f 0fc2 0204 00000aff 0fc2 0205 00000aff 00030140 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_nsh), 2},
	{"NSH, length 1", "eth 894f 0fc1 0101 00000aff " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_short), 0, 0},
	{"NSH in GRE", "eth 0800 ip4:2f 0000 894f 0fc2 0201 00000aff " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_nsh), 1},
	{"NSH in VXLAN-GPE", "eth 0800 ip4:11 udp:c000:12b6 0c00000400000100 0fc2 0203 00000aff " INNER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_nsh), 1},
	{"NSH over IP", "eth 0800 ip4:91 0fc2 0201 00000aff " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_nsh), 1},
	{"SNAP, 802.1H", "eth 0059 aaaa03 0000f8 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"SNAP, bridged", "eth 0200 aaaa03 0080c2 0007 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"LLC without SNAP", "eth 0058 060603 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"LLC, longer than 1500", "eth 8870 aaaa03 000000 0800 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	// more tunnels
	{"EtherIP", "eth 0800 ip4:61 3000 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_etherip), 1},
	{"Ethernet in IPv6", "eth 86dd ip6:8f " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_etherip), 1},
	{"AH", "eth 0800 ip4:33 1104000000000001000000010000000000000000 00000000 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), 0, 0},
	{"EoIP", "eth 0800 ip4:2f 2001 6400 00630001 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_gre), 1},
	{"PPP, MPLS", "eth 8864 1100 0001 0053 0281 00030140 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_mpls), 1},
	{"PPP, bridged", "eth 8864 1100 0001 0061 0031 0001 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_pppoe), 1},
	{"PPP, multilink in one", "eth 8864 1100 0001 0055 003d c0000001 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_pppoe), 1},
	{"PPP, multilink, a part", "eth 8864 1100 0001 0055 003d 80000001 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_tunnel_unknown), FIELD(decap_pppoe), 1},
	{"L2TP", "eth 0800 ip4:11 udp:06a5:06a5 0002 00010001 ff03 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_l2tp), 1},
	{"L2TP, length, sequence, offset",
		"eth 0800 ip4:11 udp:06a5:06a5 4a02 0073 00010001 00010002 0002 0000 0057 ip6:11 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_l2tp), 1},
	{"L2TP, control", "eth 0800 ip4:11 udp:06a5:06a5 c802 000c 0001 0000 0001 0001", LINK_KIND_ETHERNET,
		FIELD(pkt_not_dns), FIELD(decap_l2tp), 0},
	{"L2TP, length 3", "eth 0800 ip4:11 udp:06a5:06a5 4002 0003 00010001 ff03 0021 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_short), 0, 0},
	{"L2TP, version 1", "eth 0800 ip4:11 udp:06a5:06a5 0001 00010001 ff03 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_tunnel_unknown), 0, 0},
	{"L2TPv3 over UDP", "eth 0800 ip4:11 udp:06a5:06a5 0003 0000 00000007 " INNER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_l2tp), 1},
	{"L2TPv3 over UDP, cookie 8, sublayer",
		"eth 0800 ip4:11 udp:06a5:06a5 0003 0000 00000007 0102030405060708 40000001 " INNER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_l2tp), 1},
	{"L2TPv3 over IP, cookie 4", "eth 0800 ip4:73 00000007 01020304 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_l2tp), 1},
	{"L2TPv3 over IP, PPP", "eth 0800 ip4:73 00000007 ff03 0021 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_l2tp), 1},
	{"L2TPv3 over IP, control", "eth 0800 ip4:73 00000000 c8030014 00000001 00010001", LINK_KIND_ETHERNET,
		FIELD(pkt_not_dns), 0, 0},
	{"L2TPv3 over IP, something else", "eth 0800 ip4:73 00000007 0102030405060708090a0b0c0d0e0f10",
		LINK_KIND_ETHERNET, FIELD(pkt_tunnel_unknown), FIELD(decap_l2tp), 1},
	{"TZSP", "eth 0800 ip4:11 udp:9c40:9090 01000001 01 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_tzsp), 1},
	{"TZSP, tags and padding", "eth 0800 ip4:11 udp:9c40:9090 01000001 00 0a01ff 290200c8 01 " INNER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_tzsp), 1},
	{"TZSP, tags without end", "eth 0800 ip4:11 udp:9c40:9090 01000001 0a01ff", LINK_KIND_ETHERNET,
		FIELD(pkt_short), 0, 0},
	{"TZSP, raw IP", "eth 0800 ip4:11 udp:9c40:9090 01000007 01 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_tzsp), 1},
	{"TZSP, 802.11",
		"eth 0800 ip4:11 udp:9c40:9090 01000012 01 0802000002000000000106000000000206000000000300 10 aaaa03000000 0800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_wlan), 1},
	{"TZSP, keepalive", "eth 0800 ip4:11 udp:9c40:9090 01040000", LINK_KIND_ETHERNET, FIELD(pkt_not_dns), 0, 0},
	{"ERM", "eth 0800 ip4:11 udp:9c40:1efc 000000000000000000000000 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_erm), 1},
	{"GUE, IPv4", "eth 0800 ip4:11 udp:c000:17c0 0004 0000 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gue), 1},
	{"GUE, options", "eth 0800 ip4:11 udp:c000:17c0 0229 0000 0000000000000000 ip6:11 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_gue), 1},
	{"GUE, IP itself", "eth 0800 ip4:11 udp:c000:17c0 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_gue), 1},
	{"GUE, control", "eth 0800 ip4:11 udp:c000:17c0 20010000", LINK_KIND_ETHERNET, FIELD(pkt_not_dns),
		FIELD(decap_gue), 1},
	{"LISP", "eth 0800 ip4:11 udp:c000:10f5 8012345600000001 " IPV4_ANSWER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_lisp), 1},
	{"LISP, IPv6", "eth 0800 ip4:11 udp:c000:10f5 0800000000000100 ip6:11 " ANSWER, LINK_KIND_ETHERNET,
		FIELD(pkt_udp), FIELD(decap_lisp), 1},
	{"LISP-GPE", "eth 0800 ip4:11 udp:c000:10f5 0c00000300000100 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_lisp), 1},
	{"CAPWAP, 802.3", "eth 0800 ip4:11 udp:c000:147f 0010020000000000 " INNER, LINK_KIND_ETHERNET, FIELD(pkt_udp),
		FIELD(decap_capwap), 1},
	{"CAPWAP, 802.11",
		"eth 0800 ip4:11 udp:c000:147f 0010030000000000 080100000200000000010600000000020600000000030010 aaaa03000000 0800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_wlan), 1},
	{"CAPWAP, 802.11, swapped, quality of service",
		"eth 0800 ip4:11 udp:c000:147f 0018030000000000 00000000 "
		"018800000200000000010600000000020600000000030010 0000 aaaa03000000 86dd ip6:11 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_wlan), 1},
	{"CAPWAP, 802.11, encrypted",
		"eth 0800 ip4:11 udp:c000:147f 0010030000000000 084100000200000000010600000000020600000000030010 "
		"aaaa03000000 0800 " IPV4_ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_not_ip), FIELD(decap_wlan), 0},
	{"CAPWAP, DTLS", "eth 0800 ip4:11 udp:c000:147f 0100000000000000 " INNER, LINK_KIND_ETHERNET,
		FIELD(pkt_tunnel_unknown), 0, 0},
	{"AYIYA",
		"eth 0800 ip4:11 udp:c000:13d0 41 52 11 29 5f5e1000 20010db8000000000000000000000001 "
		"0000000000000000000000000000000000000000 ip6:11 " ANSWER,
		LINK_KIND_ETHERNET, FIELD(pkt_udp), FIELD(decap_ayiya), 1},
	{"DNS port before tunnel port", "eth 0800 ip4:11 udp:0035:12b5 dns", LINK_KIND_ETHERNET, FIELD(pkt_udp), 0, 0},
	{"raw IPv4", IPV4_ANSWER, LINK_KIND_RAW_IP, FIELD(pkt_udp), 0, 0},
	{"raw IPv6", "ip6:11 " ANSWER, LINK_KIND_RAW_IP, FIELD(pkt_udp), 0, 0},
	{"null, little endian", "02000000 " IPV4_ANSWER, LINK_KIND_NULL, FIELD(pkt_udp), 0, 0},
	{"null, big endian", "0000001e ip6:11 " ANSWER, LINK_KIND_NULL, FIELD(pkt_udp), 0, 0},
	{"null, AppleTalk", "10000000 " IPV4_ANSWER, LINK_KIND_NULL, FIELD(pkt_not_ip), 0, 0},
	{"SLL", "00000001000602000000000100000800 " IPV4_ANSWER, LINK_KIND_SLL, FIELD(pkt_udp), 0, 0},
	{"SLL, VLAN", "00000001000602000000000100008100 0001 0800 " IPV4_ANSWER, LINK_KIND_SLL, FIELD(pkt_udp),
		FIELD(decap_vlan), 1},
	{"SLL2", "86dd0000000000020001000602000000 00010000 ip6:11 " ANSWER, LINK_KIND_SLL2, FIELD(pkt_udp), 0, 0},
};

enum { ROWS_LEN = sizeof(rows) / sizeof(rows[0]) };

static uint64_t field(const struct worker_stats *stats, size_t at)
{
	return *(const uint64_t *)(const void *)((const char *)stats + at);
}

static uint64_t outcomes(const struct worker_stats *stats)
{
	uint64_t sum = 0;

	for (size_t at = FIELD(pkt_udp); at <= FIELD(pkt_no_time); at += sizeof(uint64_t))
		sum += field(stats, at);
	return sum;
}

static enum pkt_verdict decap(struct pkt *pkt, const uint8_t *frame, size_t size, enum link_kind link,
	struct worker_stats *stats)
{
	static struct dns_ports ports;

	dns_ports_add(&ports, 53);
	memset(stats, 0, sizeof(*stats));
	return pkt_decap(pkt, frame, size, link, &ports, stats);
}

// The payload is the message, which stands at the end of the frame.
static void check_payload(const struct row *row, const struct frame *f, const struct pkt *pkt)
{
	size_t size = strlen(frame_dns) / 2;

	CU_ASSERT_EQUAL(pkt->payload_size, size);
	CU_ASSERT_PTR_EQUAL(pkt->payload, f->bytes + f->size - size);
	CU_ASSERT(pkt->src_port == 53 || pkt->dst_port == 53);
	CU_ASSERT_EQUAL(pkt->ip[0] >> 4, pkt->ip_version);
	CU_ASSERT_PTR_EQUAL(pkt->ip_end, f->bytes + f->size);
	if (row->outcome == FIELD(pkt_tcp)) {
		CU_ASSERT_EQUAL(pkt->tcp_seq, 1);
		CU_ASSERT_EQUAL(pkt->tcp_ack, 2);
		CU_ASSERT_EQUAL(pkt->tcp_flags, PKT_TCP_ACK);
	}
}

static void test_rows(void)
{
	struct worker_stats stats;
	struct frame f;
	struct pkt pkt;

	for (const struct row *row = rows; row < rows + ROWS_LEN; row++) {
		frame_build(&f, row->words);
		enum pkt_verdict verdict = decap(&pkt, f.bytes, f.size, row->link, &stats);
		bool right = field(&stats, row->outcome) == 1 && outcomes(&stats) == 1 &&
			     (row->header == 0 || field(&stats, row->header) == row->headers);
		if (!right)
			printf("\n  %s", row->what);
		CU_ASSERT(right);
		if (right && (verdict == PKT_UDP || verdict == PKT_TCP))
			check_payload(row, &f, &pkt);
		if (right && verdict == PKT_FRAGMENT)
			CU_ASSERT_PTR_EQUAL(pkt.ip_end, f.bytes + f.size);
	}
}

static volatile uint8_t sink;

static void try_prefix(void *context, const uint8_t *prefix, size_t n)
{
	const struct row *row = context;
	struct worker_stats stats;
	struct pkt pkt;
	enum pkt_verdict verdict = decap(&pkt, prefix, n, row->link, &stats);

	CU_ASSERT_EQUAL(outcomes(&stats), 1);
	if (verdict != PKT_UDP && verdict != PKT_TCP)
		return;
	CU_ASSERT(pkt.payload + pkt.payload_size <= prefix + n);
	for (uint32_t i = 0; i < pkt.payload_size; i++)
		sink ^= pkt.payload[i];
}

static void test_prefixes(void)
{
	struct frame f;

	for (size_t i = 0; i < ROWS_LEN; i++) {
		struct row row = rows[i];
		frame_build(&f, row.words);
		guard_prefixes(f.bytes, f.size, try_prefix, &row);
	}
}

// A packet cut off by the snap length still yields what is there of the message.
static void test_cut_off(void)
{
	struct worker_stats stats;
	struct frame f;
	struct pkt pkt;

	frame_build(&f, INNER);
	CU_ASSERT_EQUAL(decap(&pkt, f.bytes, f.size - 10, LINK_KIND_ETHERNET, &stats), PKT_UDP);
	CU_ASSERT_EQUAL(pkt.payload_size, strlen(frame_dns) / 2 - 10);
	CU_ASSERT_EQUAL(decap(&pkt, f.bytes, 14 + 20 + 7, LINK_KIND_ETHERNET, &stats), PKT_DROP);
	CU_ASSERT_EQUAL(stats.pkt_short, 1);
}

// What stands behind the IP datagram, or behind the UDP datagram within it, is not payload.
static void test_padding(void)
{
	struct worker_stats stats;
	struct frame f;
	struct pkt pkt;

	frame_build(&f, INNER);
	CU_ASSERT_EQUAL(decap(&pkt, f.bytes, f.size + 9, LINK_KIND_ETHERNET, &stats), PKT_UDP);
	CU_ASSERT_EQUAL(pkt.payload_size, strlen(frame_dns) / 2);
	CU_ASSERT_PTR_EQUAL(pkt.ip_end, f.bytes + f.size);
	frame_build(&f, "eth 0800 ip4:11 udp:0035:8000:0010 dns");
	CU_ASSERT_EQUAL(decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &stats), PKT_UDP);
	CU_ASSERT_EQUAL(pkt.payload_size, 8);
	CU_ASSERT_PTR_EQUAL(pkt.ip_end, f.bytes + f.size);
}

// `words` repeated, then an answer.
static enum pkt_verdict repeated(const char *before, const char *words, int n, struct worker_stats *stats)
{
	char all[2048] = {0};
	struct frame f;
	struct pkt pkt;

	strcat(all, before);
	for (int i = 0; i < n; i++)
		strcat(strcat(all, " "), words);
	frame_build(&f, strcat(all, " 0800 " IPV4_ANSWER));
	return decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, stats);
}

static void test_depth(void)
{
	struct worker_stats stats;

	CU_ASSERT_EQUAL(repeated("eth", "8100 0001", PKT_HEADERS_MAX - 3, &stats), PKT_UDP);
	CU_ASSERT_EQUAL(stats.decap_vlan, PKT_HEADERS_MAX - 3);
	CU_ASSERT_EQUAL(repeated("eth", "8100 0001", PKT_HEADERS_MAX - 2, &stats), PKT_DROP);
	CU_ASSERT_EQUAL(stats.pkt_tunnel_depth, 1);
	CU_ASSERT_EQUAL(repeated("eth", "6558 eth", 100, &stats), PKT_DROP);
	CU_ASSERT_EQUAL(stats.pkt_tunnel_depth, 1);
}

// Other ports of DNS, even one of a tunnel.
static void test_ports(void)
{
	static struct dns_ports ports;
	struct worker_stats stats = {0};
	struct frame f;
	struct pkt pkt;

	dns_ports_add(&ports, 5300);
	dns_ports_add(&ports, 4789);
	frame_build(&f, "eth 0800 ip4:11 udp:8000:14b4 dns");
	CU_ASSERT_EQUAL(pkt_decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &ports, &stats), PKT_UDP);
	frame_build(&f, "eth 0800 ip4:11 udp:8000:12b5 dns");
	CU_ASSERT_EQUAL(pkt_decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &ports, &stats), PKT_UDP);
	frame_build(&f, INNER);
	CU_ASSERT_EQUAL(pkt_decap(&pkt, f.bytes, f.size, LINK_KIND_ETHERNET, &ports, &stats), PKT_DROP);
}

// "link type, outcome, octets" of each row, for a comparison with another dissector.
static int print_frames(void)
{
	struct frame f;

	for (const struct row *row = rows; row < rows + ROWS_LEN; row++) {
		frame_build(&f, row->words);
		printf("%d %d ", (int)row->link, row->outcome == FIELD(pkt_udp) || row->outcome == FIELD(pkt_tcp));
		for (size_t i = 0; i < f.size; i++)
			printf("%02x", f.bytes[i]);
		printf(" %s\n", row->what);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--frames") == 0)
		return print_frames();
	CU_initialize_registry();
	CU_pSuite suite = CU_add_suite("pkt_decap", NULL, NULL);
	CU_add_test(suite, "one row a kind of frame", test_rows);
	CU_add_test(suite, "every prefix against a guard page", test_prefixes);
	CU_add_test(suite, "cut off", test_cut_off);
	CU_add_test(suite, "padding", test_padding);
	CU_add_test(suite, "depth", test_depth);
	CU_add_test(suite, "ports", test_ports);
	CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures > 0 || CU_get_error() != CUE_SUCCESS;
}
