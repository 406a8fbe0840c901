// SPDX-License-Identifier: BSD-3-Clause
// Packets that come twice: a mirror port often delivers what goes in and what goes out, so the same packet
// twice within milliseconds. To notice that, all packets are compared at first and one of 256 later, chosen
// by content; with `dedup` all are, and copies are left out.
//
// A copy is the same from the innermost IP header to the end of the datagram, but for TTL or hop limit and
// the header's checksum, so that a packet before and behind a router is one; link headers, tags and tunnels
// may differ. What is compared is the size and 128 bits of a keyed hash. Its key is random, so that nobody
// can choose packets that collide; by chance two packets do with a probability of less than 2^-64. With the
// four packets of a bucket and a million packets per second that is less than one wrong packet in 100,000
// years.
//
// The packets remembered are a table of buckets; a full one forgets its oldest packet.
//
//     bucket ┌──────────────────┬──────────────────┬──────────────────┬──────────────────┐
//            │ hash, time       │ hash, time       │ hash, time       │ hash, time       │
//            └──────────────────┴──────────────────┴──────────────────┴──────────────────┘
#pragma once

#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"

enum {
	COPIES_WINDOW_US = 50000, // what to notice, without dedup
	COPIES_ALL_FIRST = 8192,  // packets that are all compared
	COPIES_ONE_OF = 256	  // of those after them, chosen by the second octet of the payload
};

struct copies;

// `dedup_us`: how long a packet is remembered in order to leave out its copies, or 0: only to notice. NULL if
// out of memory. `key` and `stats` must outlive it.
struct copies *copies_new(uint32_t dedup_us, const struct hash_key *key, struct worker_stats *stats);
void copies_free(struct copies *c);

// Compares a packet, of which pkt_decap has returned `verdict`, and counts. True if it is a copy to be left
// out.
bool copies_look(struct copies *c, const struct pkt *pkt, uint64_t now_us);

// Octets of which a packet has none set (in the second octet of its payload) if it is to be compared.
uint8_t copies_mask(const struct copies *c);

// Whether a packet that is not an ordinary one is to be compared.
bool copies_wants(const struct copies *c, const struct pkt *pkt, enum pkt_verdict verdict);
