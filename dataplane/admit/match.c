// SPDX-License-Identifier: BSD-3-Clause
// Queries that wait for their responses: with matching on, a response that no one asked for is not believed.
//
// The key of the hash is secret, so an attacker off the path cannot construct a response that matches another query. A set
// has eight queries in two cache lines, which are compared at once. In a full set the oldest query makes room.
#include <stdlib.h>
#include <string.h>

#include "dataplane/admit/admit.h"
#include "dataplane/base/memory.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/base/octets.h"

enum { SET_SIZE = 8, EXPIRE_SETS = 64, MESSAGE_ID_SIZE = 2 };

struct match_set {
	uint64_t fingerprint[SET_SIZE]; // second half of each key; the first one chose the set
	uint32_t first_half[SET_SIZE];	// low bits of the first half
	uint32_t until_s[SET_SIZE];	// waits up to and with this second; 0: free
} __attribute__((aligned(128)));

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
	return size / SET_SIZE + 1;
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

enum { ENDS_SIZE = 2 * 16 + 4 + 2 + MESSAGE_ID_SIZE, KEYED_MAX = ENDS_SIZE + DNS_NAME_SIZE + 4 };

static struct match_set *set_of(const struct admit_match *t, const struct admit_match_key *key)
{
	return &t->sets[((key->half[0] >> 32) * t->sets_len) >> 32];
}

// Copies the question after the endpoints, and zeros after it. By blocks if `roomy`: so much can be read.
static void copy_question(uint8_t *to, const uint8_t *question, size_t size, bool roomy)
{
	if (roomy)
		for (size_t at = 0; at < size; at += OCTETS)
			octets_store(to + at, octets_load(question + at));
	else
		memcpy(to, question, size);
	octets_store(to + size, (octets){0});
}

// The same octets for a query and for its response.
void admit_match_begin(const struct admit_match *t, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	size_t room, struct admit_match_key *out)
{
	uint8_t bytes[KEYED_MAX + HASH_BLOCK] __attribute__((aligned(32)));
	const uint8_t *question;
	size_t question_size = dns_question(wire, size, &question);

	out->sound = question_size > 0;
	if (!out->sound)
		return;
	bool response = wire[2] & DNS_FLAG_QR >> 8;
	const uint8_t *client = response ? pkt->dst : pkt->src, *server = response ? pkt->src : pkt->dst;
	uint16_t client_port = response ? pkt->dst_port : pkt->src_port;
	uint16_t server_port = response ? pkt->src_port : pkt->dst_port;
	uint8_t *to = bytes;
	if (pkt->ip_version == 4) {
		memcpy(to, client, 4);
		memcpy(to + 4, server, 4);
		to += 8;
	} else {
		memcpy(to, client, 16);
		memcpy(to + 16, server, 16);
		to += 32;
	}
	memcpy(to, &client_port, 2);
	memcpy(to + 2, &server_port, 2);
	to[4] = pkt->ip_version;
	to[5] = tcp;
	memcpy(to + 6, wire, MESSAGE_ID_SIZE);
	to += 6 + MESSAGE_ID_SIZE;
	copy_question(to, question, question_size, room >= DNS_HEADER_SIZE + question_size + OCTETS);
	size_t keyed = (size_t)(to - bytes) + question_size;
	uint64_t shape = (uint64_t)pkt->ip_version << 32 | question_size; // which octets mean what
	hash_padded_wide(&t->key, bytes, keyed, out->half);
	out->half[0] = hash_mix(&t->key, out->half[0], shape);
	out->half[1] = hash_mix(&t->key, ~out->half[1], shape);
	const char *set = (const char *)set_of(t, out);
	__builtin_prefetch(set, 1);
	__builtin_prefetch(set + 64, 1);
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
	memmove(&set->first_half[i], &set->first_half[i + 1], len * sizeof(set->first_half[0]));
	memmove(&set->until_s[i], &set->until_s[i + 1], len * sizeof(set->until_s[0]));
}

// A place for a query: a free one, else that of the query that would go first anyway; of one second's the one in front,
// or a flood of queries would push out the newest.
static unsigned find_place(struct admit_match *t, struct match_set *set, uint32_t now_s)
{
	uint32_t free = octets_lanes_equal(octets_load((const uint8_t *)set->until_s), 0);
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
	if (!key->sound)
		return;
	now_s = tell_time(t, now_s);
	struct match_set *set = set_of(t, key);
	unsigned i = find_place(t, set, now_s);
	set->fingerprint[i] = key->half[1];
	set->first_half[i] = (uint32_t)key->half[0];
	set->until_s[i] = now_s + t->timeout_s;
	stats_add(&t->stats->match_held, 1);
}

bool admit_match_response(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s)
{
	if (!key->sound)
		return false;
	now_s = tell_time(t, now_s);
	struct match_set *set = set_of(t, key);
	uint32_t fit = octets_lanes_equal(octets_load((const uint8_t *)set->first_half), (uint32_t)key->half[0]);
	for (; fit != 0; fit &= fit - 1) {
		unsigned i = (unsigned)__builtin_ctz(fit);
		if (set->until_s[i] != 0 && set->until_s[i] >= now_s && set->fingerprint[i] == key->half[1]) {
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
