/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The numbers of all headers that Lookback knows, in one list: the workers remove these headers (dataplane/packet/decap*.c),
 * the XDP program steps over them or steers them (xdp_link.h, xdp_tunnels.h). So what is read from a capture arrives live
 * too. Includes nothing.
 */
#pragma once

/* clang-format off: tables */
/* EtherTypes of tags: number, octets from it to the next EtherType, counter of the workers (decap_…). */
#define ENCAP_TAGS(X) \
	X(0x8100, 2, vlan) /* IEEE 802.1Q §9.6 */ \
	X(0x88a8, 2, vlan) /* IEEE 802.1ad */ \
	X(0x9100, 2, vlan) /* before 802.1ad */ \
	X(0x9200, 2, vlan) \
	X(0x9300, 2, vlan) \
	X(0x8926, 4, vlan)    /* VN-Tag */ \
	X(0x893f, 6, vlan)    /* E-Tag, IEEE 802.1BR §7.5 */ \
	X(0x8988, 6, tag)     /* TTAG, Cisco's time stamp */ \
	X(0x8909, 6, tag)     /* Cisco metadata: version, length, option, security group */ \
	X(0x892f, 4, tag)     /* HSR, IEC 62439-3 §5.7: path, size, sequence */ \
	X(0xf1c1, 4, tag)     /* R-TAG, IEEE 802.1CB §7.8 */ \
	X(0x88e7, 16, bridge) /* I-TAG, IEEE 802.1ah: service, addresses of the customer */ \
	X(0x8903, 14, bridge) /* FabricPath: tree and TTL, addresses of the customer */

/* Kinds of tunnels: name, word of the setting xdp.tunnels. Each has a bit (shared.h); "all" has all of them. */
#define ENCAP_TUNNELS(X) \
	X(GRE, "gre") /* ERSPAN too */ \
	X(IPIP, "ipip") \
	X(VXLAN, "vxlan") \
	X(GENEVE, "geneve") \
	X(GTPU, "gtpu") \
	X(TEREDO, "teredo") \
	X(MPLS, "mpls") \
	X(PPPOE, "pppoe") \
	X(ETHERIP, "etherip") \
	X(L2TP, "l2tp") \
	X(TZSP, "tzsp") \
	X(ERM, "erm") \
	X(GUE, "gue") \
	X(LISP, "lisp") \
	X(CAPWAP, "capwap") \
	X(AYIYA, "ayiya") \
	X(NSH, "nsh")

/* EtherTypes of tunnels that may end at the host: number, layer of the workers, kind. */
#define ENCAP_ETHERTYPES(X) \
	X(0x8847, MPLS, MPLS) \
	X(0x8848, MPLS, MPLS) /* multicast */ \
	X(0x8864, PPPOE, PPPOE)

/* IP protocols: number, layer of the workers, kind. */
#define ENCAP_PROTOCOLS(X) \
	X(4, IPIP, IPIP)	 /* RFC 2003 */ \
	X(41, IPIP, IPIP)	 /* RFC 4213 */ \
	X(94, IPIP, IPIP)	 /* an older IP within IP */ \
	X(47, GRE, GRE)		 /* RFC 2784 */ \
	X(97, ETHERIP, ETHERIP)	 /* RFC 3378 */ \
	X(143, ETHERIP, ETHERIP) /* RFC 8986 §4.9: Ethernet with no header before it */ \
	X(115, L2TP3, L2TP)	 /* RFC 3931 §4.1.1 */ \
	X(137, MPLS, MPLS)	 /* RFC 4023 */ \
	X(145, NSH, NSH)	 /* RFC 9491 */

/* UDP ports: number, layer of the workers, kind. */
#define ENCAP_UDP_PORTS(X) \
	X(1701, L2TP, L2TP)	/* RFC 2661, RFC 3931 §4.1.2 */ \
	X(2152, GTPU, GTPU)	/* 3GPP TS 29.281 */ \
	X(3544, TEREDO, TEREDO) /* RFC 4380 */ \
	X(4341, LISP, LISP)	/* RFC 9300 */ \
	X(4754, GRE, GRE)	/* RFC 8086 §3 */ \
	X(4789, VXLAN, VXLAN)	/* RFC 7348 */ \
	X(4790, VXLAN_GPE, VXLAN) \
	X(5072, AYIYA, AYIYA)	/* draft-massar-v6ops-ayiya */ \
	X(5247, CAPWAP, CAPWAP) /* RFC 5415: data */ \
	X(6080, GUE, GUE)	/* draft-ietf-intarea-gue */ \
	X(6081, GENEVE, GENEVE) /* RFC 8926 */ \
	X(6635, MPLS, MPLS)	/* RFC 7510 §3 */ \
	X(7932, ERM, ERM)	/* remote mirroring of ProVision switches */ \
	X(8472, VXLAN, VXLAN)	/* Linux before the number was assigned, and OTV, which has the same header */ \
	X(37008, TZSP, TZSP)

/* Headers between IP and the transport: number, 1 if they also follow IPv4. */
#define ENCAP_EXTENSIONS(X) \
	X(0, 0)	  /* hop by hop, RFC 8200 §4.3 */ \
	X(43, 0)  /* routing */ \
	X(60, 0)  /* destination options */ \
	X(135, 0) /* mobility, RFC 6275 */ \
	X(139, 0) /* host identity, RFC 7401 */ \
	X(140, 0) /* shim6, RFC 5533 */ \
	X(51, 1)  /* AH, RFC 4302; its length counts in units of 4 octets, less 2 */

/* clang-format on */

/* Numbers with rules of their own in both programs. */
enum encap_number {
	ENCAP_802_3_MAX = 1500, /* up to here a length, not a type (IEEE 802.3 §3.2.6) */
	ENCAP_IPV4 = 0x0800,
	ENCAP_TRILL = 0x22f3, /* RFC 6325 §3 */
	ENCAP_TEB = 0x6558,   /* transparent Ethernet bridging, RFC 1701 */
	ENCAP_IPV6 = 0x86dd,
	ENCAP_JUMBO_LLC = 0x8870, /* an LLC frame longer than 1,500 octets */
	ENCAP_MACSEC = 0x88e5,	  /* IEEE 802.1AE §9; read if it is not encrypted */
	ENCAP_NSH = 0x894f,	  /* RFC 8300 */
	ENCAP_AH = 51
};

enum encap_macsec { ENCAP_MACSEC_ENCRYPTED = 0x8c, /* V, E or C */ ENCAP_MACSEC_SCI = 0x20 };
enum encap_nsh {
	ENCAP_NSH_IPV4 = 1,
	ENCAP_NSH_IPV6 = 2,
	ENCAP_NSH_ETHERNET = 3,
	ENCAP_NSH_NSH = 4,
	ENCAP_NSH_MPLS = 5
};
