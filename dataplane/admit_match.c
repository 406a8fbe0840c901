// SPDX-License-Identifier: BSD-3-Clause
// Queries that wait for their responses: an answer that no one asked for is not believed.
//
// The hash's key is secret, so nobody off the path can find a response with the key of another query.
// Sets of eight, a cache line pair each; in a full set the oldest makes room.
#include <stdlib.h>

#include "dataplane/admit.h"
#include "dataplane/memory.h"
#include "dataplane/monotonic.h"

enum { SET_SIZE = 8, EXPIRE_SETS = 64, MESSAGE_ID_SIZE = 2 };

struct waiting {
	uint64_t fingerprint; // second half; the first one chose the set
	uint32_t first_half;  // low bits of the first half
	uint32_t until_s;     // waits up to and with this second; 0: free
};

struct admit_match {
	struct hash_key key, second_key;
	struct worker_stats *stats;
	uint32_t sets_len;
	uint32_t timeout_s;
	uint32_t expire_at; // next set to be looked through
	struct monotonic time;
	struct memory_block memory;
	struct waiting *waiting; // sets_len * SET_SIZE
};

struct admit_match *admit_match_new(uint32_t size, uint32_t timeout_s, bool huge_pages, const struct hash_key *key,
	struct worker_stats *stats)
{
	struct admit_match *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->key = *key;
	for (int i = 0; i < HASH_KEYS; i++)
		t->second_key.k[i] = hash_mix(key, key->k[i], (uint64_t)i + 1) | 1;
	t->stats = stats;
	t->timeout_s = timeout_s;
	t->sets_len = size / SET_SIZE + 1;
	t->memory = memory_map((size_t)t->sets_len * SET_SIZE * sizeof(*t->waiting), huge_pages);
	t->waiting = t->memory.at;
	if (!t->waiting) {
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

static struct waiting *set_of(const struct admit_match *t, const struct admit_match_key *key)
{
	return t->waiting + (((key->half[0] >> 32) * t->sets_len) >> 32) * SET_SIZE;
}

// The same octets for a query and for its response.
void admit_match_begin(const struct admit_match *t, const struct pkt *pkt, bool tcp, const uint8_t *wire, size_t size,
	struct admit_match_key *out)
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
	memcpy(to, question, question_size);
	memset(to + question_size, 0, HASH_BLOCK);
	size_t keyed = (size_t)(to - bytes) + question_size;
	uint64_t shape = (uint64_t)pkt->ip_version << 32 | question_size; // which octets mean what
	out->half[0] = hash_mix(&t->key, hash_padded(&t->key, bytes, keyed), shape);
	out->half[1] = hash_mix(&t->second_key, hash_padded(&t->second_key, bytes, keyed), shape);
	const char *set = (const char *)set_of(t, out);
	__builtin_prefetch(set, 1);
	__builtin_prefetch(set + 64, 1);
}

static uint32_t tell_time(struct admit_match *t, uint32_t now_s)
{
	return (uint32_t)monotonic_of(&t->time, now_s, t->timeout_s);
}

static void release(struct admit_match *t, struct waiting *w, uint64_t *reason)
{
	w->until_s = 0;
	stats_set(&t->stats->match_held, t->stats->match_held - 1);
	if (reason)
		stats_add(reason, 1);
}

void admit_match_query(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s)
{
	if (!key->sound)
		return;
	now_s = tell_time(t, now_s);
	struct waiting *set = set_of(t, key), *place = &set[0];
	for (int i = 0; i < SET_SIZE; i++)
		if (set[i].until_s < place->until_s)
			place = &set[i]; // free, or the one that would go first anyway
	if (place->until_s != 0)
		release(t, place, place->until_s < now_s ? &t->stats->match_expired : &t->stats->match_evicted);
	*place = (struct waiting){.fingerprint = key->half[1],
		.first_half = (uint32_t)key->half[0],
		.until_s = now_s + t->timeout_s};
	stats_add(&t->stats->match_held, 1);
}

bool admit_match_response(struct admit_match *t, const struct admit_match_key *key, uint32_t now_s)
{
	if (!key->sound)
		return false;
	now_s = tell_time(t, now_s);
	struct waiting *set = set_of(t, key);
	for (int i = 0; i < SET_SIZE; i++) {
		struct waiting *w = &set[i];
		if (w->until_s == 0 || w->fingerprint != key->half[1] || w->first_half != (uint32_t)key->half[0])
			continue;
		if (w->until_s < now_s)
			continue;
		release(t, w, NULL);
		return true;
	}
	return false;
}

void admit_match_expire(struct admit_match *t, uint32_t now_s)
{
	now_s = tell_time(t, now_s);
	for (uint32_t n = 0; n < EXPIRE_SETS && n < t->sets_len; n++) {
		struct waiting *set = t->waiting + (size_t)t->expire_at * SET_SIZE;
		for (int i = 0; i < SET_SIZE; i++)
			if (set[i].until_s != 0 && set[i].until_s < now_s)
				release(t, &set[i], &t->stats->match_expired);
		t->expire_at = t->expire_at + 1 == t->sets_len ? 0 : t->expire_at + 1;
	}
}
