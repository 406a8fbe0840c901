// SPDX-License-Identifier: BSD-3-Clause
// What the kernel knows about an interface, and what follows for packet buffers.
#pragma once

#include <stdbool.h>

enum {
	IFACE_ROOM_USUAL = 2048 + 128,	 // DPDK's default, for frames of up to 1792 octets
	IFACE_ROOM_LONGEST = 9728 + 128, // for frames of the largest MTU that is supported (9216)
	IFACE_ROOM_STEP = 512		 // octets after the headroom are a multiple of it
};

struct iface_facts {
	unsigned queues;   // RX queues; 1 if the driver does not report them
	unsigned combined; // queues that DPDK's net_af_xdp can use; 1 without combined channels
	unsigned mtu;	   // 0: unknown
	unsigned type;	   // ARPHRD_…
	bool merges;	   // GRO or LRO: the kernel or the card merges TCP segments
};

void iface_facts_read(const char *name, struct iface_facts *facts);

// Octets of a packet buffer, headroom included, for a frame of the interface through AF_XDP or AF_PACKET.
unsigned iface_facts_room(const struct iface_facts *facts);

// Whether AF_XDP can use such buffers: a frame and its headroom must fit into one page.
bool iface_facts_fit_xdp(const struct iface_facts *facts);

// Whether its frames begin with an Ethernet header, or with an IP header. If neither, it cannot be captured from.
bool iface_facts_is_ethernet(const struct iface_facts *facts);
bool iface_facts_is_ip(const struct iface_facts *facts);
