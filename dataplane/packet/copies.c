// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/copies.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/base/memory.h"

enum {
	SLOTS = 4,		  // packets of a bucket
	BUCKETS_NOTICE = 1024,	  // a power of two, as is the next one
	BUCKETS_DEDUP = 65536,	  // 8 MiB
	DATAGRAM_MAX = 65535 + 40 // the longest datagram by its length field; octets after that are not compared
};

struct copies_slot {
	uint64_t hash[2]; // both 0: empty
	uint64_t us;	  // when it came
};

struct bucket {
	struct copies_slot slots[SLOTS];
} __attribute__((aligned(64)));

struct copies {
	struct bucket *buckets;
	uint64_t mask;	    // of a hash, for its bucket
	uint64_t window_us; // how long a packet is remembered
	bool is_dedup;
	const struct hash_key *key;
	struct worker_stats *stats;
	uint8_t image[(DATAGRAM_MAX + HASH_BLOCK) / HASH_BLOCK * HASH_BLOCK]; // of a datagram, followed by zeros
};

struct copies *copies_new(uint32_t dedup_us, const struct hash_key *key, struct worker_stats *stats)
{
	struct copies *c = memory_new(sizeof(*c));
	size_t buckets = dedup_us > 0 ? BUCKETS_DEDUP : BUCKETS_NOTICE;

	if (!c)
		return NULL;
	c->buckets = aligned_alloc(64, buckets * sizeof(*c->buckets));
	if (!c->buckets) {
		memory_delete(c);
		return NULL;
	}
	memset(c->buckets, 0, buckets * sizeof(*c->buckets)); // so that no page is missing later
	c->mask = buckets - 1;
	c->is_dedup = dedup_us > 0;
	c->window_us = c->is_dedup ? dedup_us : COPIES_WINDOW_US;
	c->key = key;
	c->stats = stats;
	return c;
}

void copies_free(struct copies *c)
{
	if (!c)
		return;
	free(c->buckets);
	memory_delete(c);
}

// Hashes what is equal in copies.
static void hash_packet(struct copies *c, const struct pkt *pkt, uint64_t hash[2])
{
	size_t size = (size_t)(pkt->ip_end - pkt->ip);

	size = size < DATAGRAM_MAX ? size : DATAGRAM_MAX;
	memcpy(c->image, pkt->ip, size);
	memset(c->image + size, 0, -size % HASH_BLOCK);
	if (pkt->ip_version == 4) {
		c->image[8] = 0;		 // TTL
		c->image[10] = c->image[11] = 0; // checksum
	} else {
		c->image[7] = 0; // hop limit
	}
	hash_padded_wide(c->key, c->image, size, hash);
}

static bool is_recent(const struct copies *c, const struct copies_slot *slot, uint64_t now_us)
{
	// captures may be a little out of order
	uint64_t apart = now_us > slot->us ? now_us - slot->us : slot->us - now_us;

	return (slot->hash[0] | slot->hash[1]) != 0 && apart <= c->window_us;
}

bool copies_look(struct copies *c, const struct pkt *pkt, uint64_t now_us)
{
	uint64_t hash[2];

	hash_packet(c, pkt, hash);
	struct copies_slot *slots = c->buckets[hash[0] & c->mask].slots, *oldest = slots;
	stats_add(&c->stats->copies_compared, 1);
	for (int i = 0; i < SLOTS; i++) {
		if (slots[i].hash[0] == hash[0] && slots[i].hash[1] == hash[1] && is_recent(c, &slots[i], now_us)) {
			stats_add(&c->stats->copies_found, 1);
			return c->is_dedup;
		}
		if (slots[i].us < oldest->us)
			oldest = &slots[i];
	}
	if (c->is_dedup && is_recent(c, oldest, now_us))
		stats_add(&c->stats->copies_forgotten, 1);
	*oldest = (struct copies_slot){.hash = {hash[0], hash[1]}, .us = now_us};
	return false;
}

uint8_t copies_mask(const struct copies *c)
{
	return c->is_dedup || stats_get(&c->stats->copies_compared) < COPIES_ALL_FIRST ? 0 : COPIES_ONE_OF - 1;
}

bool copies_wants(const struct copies *c, const struct pkt *pkt, enum pkt_verdict verdict)
{
	if (verdict == PKT_FRAGMENT)
		return true;
	if (verdict == PKT_TCP && pkt->payload_size == 0) // acknowledgements repeat themselves
		return false;
	return verdict != PKT_DROP && (pkt->payload_size < 2 || (pkt->payload[1] & copies_mask(c)) == 0);
}
