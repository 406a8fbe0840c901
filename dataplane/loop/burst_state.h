// SPDX-License-Identifier: BSD-3-Clause
// What is known of the burst in hand: packets to be freed, and counters that are added to the worker's at its end.
#pragma once

#include <rte_mbuf.h>

#include "dataplane/answers/look.h"
#include "dataplane/loop/worker_state.h"

// A UDP datagram of a DNS port.
struct datagram {
	struct pkt pkt;
	size_t room;	 // octets that can be read from its payload on, at least the size of it
	uint32_t now_s;	 // when it came, seconds since 1970
	bool is_matched; // its source has matched it with its query
	struct admit_match_key key;
	struct answers_look look;
};

// A datagram of the path WORKER_FASTEST that is looked up among the answers seen before. All that wait came in one second.
struct looked {
	struct answers_look look;
	uint32_t size;	     // of the message
	const uint8_t *wire; // the message
	size_t room;	     // octets that can be read from it on
};

struct burst {
	struct looked looked[WORKER_BURST];	  // those that wait: see datagram.c
	struct datagram waiting[WORKER_BURST];	  // with matching on: see datagram.c
	struct rte_mbuf *mbufs[2 * WORKER_BURST]; // to be freed at the end; fragments put together are added
	uint32_t mbufs_len;
	uint32_t waiting_len;
	uint32_t looked_len;
	uint32_t fragments_deep;	       // of the packet in hand
	uint32_t now_s;			       // when the packet in hand arrived, seconds since 1970
	uint64_t bytes;			       // of all packets
	uint64_t udp;			       // datagrams with a message
	uint64_t slow;			       // datagrams whose headers pkt_fast did not read
	uint64_t vlans;			       // tags that pkt_fast took off
	uint64_t ordinary;		       // messages that answer_read took
	uint64_t skipped;		       // records of these that were skipped for their type
	uint64_t repeated;		       // records of messages that were seen before
	uint32_t cut_size;		       // of the source (worker_state.h)
	uint64_t tcp_before, oversized_before; // those counters of the worker when it began
	bool is_snapped;		       // the packet in hand was longer on the wire
	bool is_matched;		       // the packet in hand is of LINK_KIND_MATCHED_IP
	uint8_t addresses[12];		       // Ethernet's, of the fragment in hand
};
