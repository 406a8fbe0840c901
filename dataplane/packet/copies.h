// SPDX-License-Identifier: BSD-3-Clause
// Packets that arrive twice. A mirror port often delivers what enters and what leaves the switch, so the same packet comes
// twice within milliseconds. To notice this, the first packets are all compared, later one of 256, chosen by content. With
// `dedup` all packets are compared and copies are dropped.
//
// A copy is equal from the innermost IP header to the end of the datagram, except TTL or hop limit and the header
// checksum: a packet before and after a router is one packet. Link headers, tags and tunnels may differ. The comparison is
// by size and 128 bits of a keyed hash. The key is random, so nobody can choose packets that collide; by chance two packets
// do with a probability below 2^-64. With four packets per bucket and a million packets per second that is less than one
// wrong packet in 100,000 years.
//
// The table has a fixed number of buckets. A full bucket forgets its oldest packet. One table per worker.
//
//     bucket ┌──────────────────┬──────────────────┬──────────────────┬──────────────────┐
//            │ hash, time       │ hash, time       │ hash, time       │ hash, time       │
//            └──────────────────┴──────────────────┴──────────────────┴──────────────────┘
#pragma once

#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"

enum {
	COPIES_WINDOW_US = 50000, // without dedup: copies within this time are noticed
	COPIES_ALL_FIRST = 8192,  // so many packets are all compared
	COPIES_ONE_OF = 256	  // after them one of so many is, chosen by the second octet of the payload
};

struct copies;

// `dedup_us`: how long a packet is remembered to drop its copies; 0: copies are only counted. NULL if out of memory. `key`
// and `stats` must outlive the table.
struct copies *copies_new(uint32_t dedup_us, const struct hash_key *key, struct worker_stats *stats);
void copies_free(struct copies *c);

// Compares a packet with those remembered, remembers it, and counts. True if it is a copy and must be dropped. `now_us`: time
// of the packet.
bool copies_look(struct copies *c, const struct pkt *pkt, uint64_t now_us);

// A packet is compared if the second octet of its payload has none of these bits set.
uint8_t copies_mask(const struct copies *c);

// True if a packet that pkt_fast did not take, for which pkt_decap returned `verdict`, must be compared.
bool copies_wants(const struct copies *c, const struct pkt *pkt, enum pkt_verdict verdict);
