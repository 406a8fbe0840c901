// SPDX-License-Identifier: BSD-3-Clause
// Queries that wait for their responses: with matching on, a response that no one asked for is not believed.
//
// The key of the hash is secret, so an attacker off the path cannot construct a response that matches another query. A set is
// one cache line with five queries, which are compared at once. In a full set the oldest query makes room.
#include <stdlib.h>
#include <string.h>

#include "dataplane/admit/admit.h"
#include "dataplane/base/hash_wide.h"
#include "dataplane/base/memory.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/base/octets.h"

enum {
	SET_SIZE = 5,
	SET_FILL = 4, // queries of a set if the table is full as by its size: sets fill unevenly
	EXPIRE_SETS = 128
};

struct match_set {
	uint32_t until_s[SET_SIZE]; // waits up to and with this second; 0: free
	uint32_t unused;
	uint64_t fingerprint[SET_SIZE]; // second half of each key; the first one chose the set
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct match_set) == 64, "a set is one cache line");

struct admit_match {
	struct hash_key key;
	struct worker_stats *stats;
	uint32_t sets_len;
	uint32_t timeout_s;
	uint32_t expire_at; // next set to be looked through
	struct monotonic time;
	struct memory_block memory;
	struct match_set *sets;
};

static uint32_t sets_of(uint32_t size)
{
	return size / SET_FILL + 1;
}

size_t admit_match_memory(uint32_t size)
{
	return memory_size(sets_of(size) * sizeof(struct match_set));
}

struct admit_match *admit_match_new(uint32_t size, uint32_t timeout_s, bool huge_pages, const struct hash_key *key,
	struct worker_stats *stats)
{
	struct admit_match *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->key = *key;
	t->stats = stats;
	t->timeout_s = timeout_s;
	t->sets_len = sets_of(size);
	t->memory = memory_map(t->sets_len * sizeof(*t->sets), huge_pages);
	t->sets = t->memory.at;
	if (!t->sets) {
		free(t);
		return NULL;
	}
	return t;
}

void admit_match_free(struct admit_match *t)
{
	if (!t)
		return;
	memory_unmap(&t->memory);
	free(t);
}

bool admit_match_is_huge(const struct admit_match *t)
{
	return t->memory.huge;
}

static struct match_set *set_of(const struct admit_match *t, const struct admit_match_key *key)
{
	return &t->sets[((key->half[0] >> 32) * t->sets_len) >> 32];
}

// The ends of a conversation, and what is fixed of its question: the same words for a query and for its response.
static inline void add_ends(struct hash_wide *h, const struct hash_key *key, const struct pkt *pkt, bool tcp,
	const uint8_t *wire, size_t question_size)
{
	bool response = wire[2] & DNS_FLAG_QR >> 8;
	const uint8_t *client = response ? pkt->dst : pkt->src, *server = response ? pkt->src : pkt->dst;
	uint64_t client_port = response ? pkt->dst_port : pkt->src_port;
	uint64_t server_port = response ? pkt->src_port : pkt->dst_port;
	uint64_t shape = question_size << 2 | (uint64_t)tcp << 1 | (pkt->ip_version == 4); // which octets mean what
	uint64_t fixed = client_port | server_port << 16 | (uint64_t)cursor_load16(wire) << 32 | shape << 48;

	if (__builtin_expect(pkt->ip_version == 4, 1)) {
		uint64_t addresses = hash_load32(client) | (uint64_t)hash_load32(server) << 32;
		hash_wide_pair(h, addresses, key->k[4], fixed, key->k[5]);
		return;
	}
	hash_wide_pair(h, 0, key->k[4], fixed, key->k[5]);
	hash_wide_pair(h, hash_load64(client), key->k[6], hash_load64(client + 8), key->k[7]);
	hash_wide_pair(h, hash_load64(server), key->k[4] + key->k[6], hash_load64(server + 8), key->k[5] + key->k[7]);
}

// A question that fits two blocks. Always both, so that no branch depends on its size.
static inline void add_short_question(struct hash_wide *h, const struct hash_key *key, const uint8_t *question,
	size_t size)
{
	for (size_t block = 0; block < 2; block++)
		hash_wide_octets(h, key, octets_load(question + block * OCTETS) & octets_within(size, block), block);
}

// Any other question, or one near the end of what can be read.
static __attribute__((noinline)) struct hash_wide add_question(struct hash_wide h, const struct hash_key *key,
	const uint8_t *question, size_t size)
{
	uint8_t padded[DNS_NAME_SIZE + DNS_QUESTION_FIXED_SIZE + OCTETS] = {0};

	memcpy(padded, question, size);
	for (size_t block = 0; block < 2 || block * OCTETS < size; block++)
		hash_wide_octets(&h, key, octets_load(padded + block * OCTETS), block);
	return h;
}

void admit_match_begin(const struct admit_match *t, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	size_t room, struct admit_match_key *out)
{
	size_t question_size = dns_question_size(wire, size);
	struct hash_wide h = {{0, 0}};

	out->question_size = (uint32_t)question_size;
	if (__builtin_expect(question_size == 0, 0))
		return;
	add_ends(&h, &t->key, pkt, tcp, wire, question_size);
	if (__builtin_expect(question_size <= 2 * OCTETS && room >= DNS_HEADER_SIZE + 2 * OCTETS, 1))
		add_short_question(&h, &t->key, wire + DNS_HEADER_SIZE, question_size);
	else
		h = add_question(h, &t->key, wire + DNS_HEADER_SIZE, question_size);
	out->half[0] = h.half[0];
	out->half[1] = h.half[1];
	__builtin_prefetch(set_of(t, out), 1);
}

static uint32_t tell_time(struct admit_match *t, uint32_t now_s)
{
	return (uint32_t)monotonic_of(&t->time, now_s, t->timeout_s);
}

static void release(struct admit_match *t, struct match_set *set, unsigned i, uint64_t *reason)
{
	set->until_s[i] = 0;
	stats_set(&t->stats->match_held, t->stats->match_held - 1);
	if (reason)
		stats_add(reason, 1);
}

// Removes entry `i`; those after it move up. A full set is roughly in the order in which its queries came.
static void move_up(struct match_set *set, unsigned i)
{
	unsigned len = SET_SIZE - 1 - i;

	memmove(&set->fingerprint[i], &set->fingerprint[i + 1], len * sizeof(set->fingerprint[0]));
	memmove(&set->until_s[i], &set->until_s[i + 1], len * sizeof(set->until_s[0]));
}

// A place for a query: a free one, else that of the query that would go first anyway; of one second's the one in front,
// or a flood of queries would push out the newest.
static unsigned find_place(struct admit_match *t, struct match_set *set, uint32_t now_s)
{
	uint32_t free = octets_lanes_equal(octets_load((const uint8_t *)set), 0) & ((1u << SET_SIZE) - 1);
	unsigned first = 0;

	if (__builtin_expect(free != 0, 1))
		return (unsigned)__builtin_ctz(free);
	for (unsigned i = 1; i < SET_SIZE; i++)
		if (set->until_s[i] < set->until_s[first])
			first = i;
	release(t, set, first, set->until_s[first] < now_s ? &t->stats->match_expired : &t->stats->match_evicted);
	move_up(set, first);
	return SET_SIZE - 1;
}

void admit_match_query(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s)
{
	if (key->question_size == 0)
		return;
	now_s = tell_time(t, now_s);
	struct match_set *set = set_of(t, key);
	unsigned i = find_place(t, set, now_s);
	set->fingerprint[i] = key->half[1];
	set->until_s[i] = now_s + t->timeout_s;
	stats_add(&t->stats->match_held, 1);
}

bool admit_match_response(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s)
{
	if (key->question_size == 0)
		return false;
	now_s = tell_time(t, now_s);
	struct match_set *set = set_of(t, key);
	uint32_t fit = 0;
	for (unsigned i = 0; i < SET_SIZE; i++)
		fit |= (uint32_t)(set->fingerprint[i] == key->half[1]) << i;
	for (; fit != 0; fit &= fit - 1) {
		unsigned i = (unsigned)__builtin_ctz(fit);
		if (set->until_s[i] != 0 && set->until_s[i] >= now_s) {
			release(t, set, i, NULL);
			return true;
		}
	}
	return false;
}

void admit_match_expire(struct admit_match *t, uint32_t now_s)
{
	now_s = tell_time(t, now_s);
	for (uint32_t n = 0; n < EXPIRE_SETS && n < t->sets_len; n++) {
		struct match_set *set = &t->sets[t->expire_at];
		for (unsigned i = 0; i < SET_SIZE; i++)
			if (set->until_s[i] != 0 && set->until_s[i] < now_s)
				release(t, set, i, &t->stats->match_expired);
		t->expire_at = t->expire_at + 1 == t->sets_len ? 0 : t->expire_at + 1;
	}
}
