/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the XDP program and user space share: layout of the maps. Addresses are 16 octets in network order, IPv4 as
 * ::ffff:a.b.c.d, so that one map holds both families. Includes only the list of headers.
 */
#pragma once

#include <linux/types.h>

#include "bpf/encapsulations.h"

enum {
	XDP_STEER_QUEUES_MAX = 64,	/* sockets, one per RX queue */
	XDP_STEER_PREFIXES_MAX = 65536, /* of each prefix map */
	XDP_STEER_FRAGMENTS_MAX =
		8192 /* datagrams whose later fragments are steered; the least recently used one is evicted */
};

/* The outcome of a packet, counted per CPU. Each packet has exactly one. */
enum xdp_steer_verdict {
	XDP_STEER_DNS,	    /* to the socket: a port that speaks DNS */
	XDP_STEER_FRAGMENT, /* to the socket: a fragment of a DNS datagram */
	XDP_STEER_TUNNEL,   /* to the socket: a tunnel that is switched on */
	XDP_STEER_BEYOND, /* to the socket: headers that the program cannot follow, on an interface that the host does not use */
	XDP_STEER_ALL,	     /* to the socket: everything goes there */
	XDP_LEAVE_OTHER,     /* to the host: neither DNS nor such a tunnel */
	XDP_LEAVE_PREFIX,    /* to the host: DNS, left out by xdp.src or xdp.dst */
	XDP_LEAVE_SAMPLE,    /* to the host: DNS, not in the sample */
	XDP_LEAVE_NO_SOCKET, /* to the host: no worker listens on that queue */
	XDP_STEER_VERDICT_MAX
};

/* Encrypted connections that begin; counted in addition to the verdict. */
enum xdp_steer_encrypted {
	XDP_ENCRYPTED_DOT, /* TCP to port 853 */
	XDP_ENCRYPTED_DOQ, /* QUIC to port 853 */
	XDP_ENCRYPTED_DOH, /* TCP or QUIC to port 443 of a known address */
	XDP_ENCRYPTED_MAX
};

enum xdp_steer_tunnel_index {
#define XDP_TUNNEL_INDEX(name, word) XDP_TUNNEL_INDEX_##name,
	ENCAP_TUNNELS(XDP_TUNNEL_INDEX)
#undef XDP_TUNNEL_INDEX
		XDP_TUNNEL_INDEX_MAX
};

enum xdp_steer_tunnel { /* bits of xdp_steer_config.tunnels */
#define XDP_TUNNEL_BIT(name, word) XDP_TUNNEL_##name = 1 << XDP_TUNNEL_INDEX_##name,
	ENCAP_TUNNELS(XDP_TUNNEL_BIT)
#undef XDP_TUNNEL_BIT
		XDP_TUNNEL_ALL = (1 << XDP_TUNNEL_INDEX_MAX) - 1
};

enum xdp_steer_action { XDP_PREFIX_TAKE = 1, XDP_PREFIX_LEAVE = 2 }; /* value in a prefix map */

struct xdp_steer_config {
	__u64 owner_start; /* when owner_pid started, in ticks since boot (proc(5), stat, field 22) */
	__u32 owner_pid;   /* process whose sockets are in the map */
	__u32 ready;	   /* 0: the maps are not filled yet, everything goes to the host */
	__u32 all;	   /* 1: everything to the socket */
	__u32 queries;	   /* 1: packets to a DNS port too, not only those from one */
	__u32 tunnels;	   /* enum xdp_steer_tunnel */
	__u32 sample;	   /* one of so many pairs of addresses; 0 and 1: all */
	__u32 src_default; /* enum xdp_steer_action if no prefix matches; 0: there are no prefixes */
	__u32 dst_default; /* the same for destinations */
	__u32 doh;	   /* 1: there are addresses in the doh map */
	__u32 mirror;	   /* 1: the host does not use the interface; what cannot be followed goes to the socket */
};

struct xdp_steer_ports {
	__u64 bit[65536 / 64]; /* one bit per DNS port */
};

struct xdp_steer_prefix { /* key of the prefix maps (BPF_MAP_TYPE_LPM_TRIE) */
	__u32 bits;	  /* 0..128 */
	__u8 address[16];
};

struct xdp_steer_datagram { /* key of the fragment map */
	__u8 src[16];
	__u8 dst[16];
	__u32 id;	/* as in the header */
	__u32 protocol; /* IP protocol number */
};

_Static_assert(XDP_TUNNEL_INDEX_MAX < 31, "a bit per kind; bit 30 is XDP_TUNNEL_AUTO");
_Static_assert(sizeof(struct xdp_steer_config) == 48, "the same in both worlds");
_Static_assert(sizeof(struct xdp_steer_prefix) == 20, "the same in both worlds");
_Static_assert(sizeof(struct xdp_steer_datagram) == 40, "the same in both worlds");
