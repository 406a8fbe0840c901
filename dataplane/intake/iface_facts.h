// SPDX-License-Identifier: BSD-3-Clause
// What the kernel tells of an interface, and what follows from it for our buffers.
#pragma once

#include <stdbool.h>

enum {
	IFACE_ROOM_USUAL = 2048 + 128,	 // DPDK's own choice, for frames of up to 1792 octets
	IFACE_ROOM_LONGEST = 9728 + 128, // for frames of the longest MTU that is provided for
	IFACE_ROOM_STEP = 512		 // divides what is behind the headroom
};

struct iface_facts {
	unsigned queues;   // that receive; 1 where the driver does not tell
	unsigned combined; // of them those that DPDK's net_af_xdp can use; 1 where there are no combined channels
	unsigned mtu;	   // 0: not known
	unsigned type;	   // ARPHRD_…
	bool merges;	   // GRO or LRO: segments come put together
};

void iface_facts_read(const char *name, struct iface_facts *facts);

// Octets of a packet buffer, headroom included, that hold a frame of the interface in either mode.
unsigned iface_facts_room(const struct iface_facts *facts);

// Whether such buffers can be AF_XDP's: a frame and what stands before it in one page.
bool iface_facts_fit_xdp(const struct iface_facts *facts);

// Whether its frames begin with an Ethernet header, or with the IP header; neither: we cannot read them.
bool iface_facts_is_ethernet(const struct iface_facts *facts);
bool iface_facts_is_ip(const struct iface_facts *facts);
