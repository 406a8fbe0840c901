// SPDX-License-Identifier: BSD-3-Clause
// The table of flows: found by a keyed hash, evicted in the order of their last use.
#include <errno.h>
#include <stdlib.h>

#include "dataplane/base/memory.h"
#include "dataplane/packet/tcp_parts.h"

int tcp_flows_init(struct pkt_tcp *t, uint32_t flows)
{
	uint32_t buckets = 1;

	while (buckets < flows && buckets < 1u << 31)
		buckets *= 2;
	t->buckets = malloc((size_t)buckets * sizeof(*t->buckets));
	t->flows = memory_new((size_t)flows * sizeof(*t->flows));
	if (t->buckets == NULL || t->flows == NULL)
		return -ENOMEM;
	t->buckets_mask = buckets - 1;
	memset(t->buckets, 0xff, (size_t)buckets * sizeof(*t->buckets)); // TCP_NONE
	t->flows_len = flows;
	t->free_flow = TCP_NONE;
	for (int list = 0; list < TCP_LIST_MAX; list++)
		t->ends[list] = (struct tcp_link){.newer = TCP_NONE, .older = TCP_NONE};
	return 0;
}

static uint32_t index_of(const struct pkt_tcp *t, const struct tcp_flow *f)
{
	return (uint32_t)(f - t->flows);
}

// Adds the flow as the newest one.
void tcp_list_add(struct pkt_tcp *t, enum tcp_list list, struct tcp_flow *f)
{
	struct tcp_link *ends = &t->ends[list];
	uint32_t i = index_of(t, f);

	f->link[list] = (struct tcp_link){.newer = TCP_NONE, .older = ends->newer};
	if (ends->newer != TCP_NONE)
		t->flows[ends->newer].link[list].newer = i;
	else
		ends->older = i;
	ends->newer = i;
}

void tcp_list_remove(struct pkt_tcp *t, enum tcp_list list, struct tcp_flow *f)
{
	struct tcp_link link = f->link[list];

	if (link.newer != TCP_NONE)
		t->flows[link.newer].link[list].older = link.older;
	else
		t->ends[list].newer = link.older;
	if (link.older != TCP_NONE)
		t->flows[link.older].link[list].newer = link.newer;
	else
		t->ends[list].older = link.newer;
}

static uint32_t bucket_of(const struct pkt_tcp *t, const struct tcp_key *key)
{
	return (uint32_t)hash_bytes(&t->key, (const uint8_t *)key, sizeof(*key)) & t->buckets_mask;
}

struct tcp_flow *tcp_flow_find(struct pkt_tcp *t, const struct tcp_key *key)
{
	for (uint32_t i = t->buckets[bucket_of(t, key)]; i != TCP_NONE; i = t->flows[i].bucket_next)
		if (memcmp(&t->flows[i].key, key, sizeof(*key)) == 0)
			return &t->flows[i];
	return NULL;
}

void tcp_flow_forget(struct pkt_tcp *t, struct tcp_flow *f)
{
	uint32_t i = index_of(t, f);
	uint32_t *at = &t->buckets[f->bucket];

	if (f->chunks > 0)
		stats_add(&t->stats->tcp_cut, 1);
	tcp_held_drop(t, f);
	tcp_list_remove(t, TCP_LIST_USED, f);
	while (*at != i)
		at = &t->flows[*at].bucket_next;
	*at = f->bucket_next;
	f->bucket_next = t->free_flow;
	t->free_flow = i;
	stats_set(&t->stats->tcp_flows, stats_get(&t->stats->tcp_flows) - 1);
}

// A freed flow, one that was never used, or the least recently used one, which is evicted.
static uint32_t flow_alloc(struct pkt_tcp *t)
{
	if (t->free_flow == TCP_NONE && t->flows_used < t->flows_len)
		return t->flows_used++;
	if (t->free_flow == TCP_NONE) {
		tcp_flow_forget(t, &t->flows[t->ends[TCP_LIST_USED].older]);
		stats_add(&t->stats->tcp_evicted, 1);
	}
	uint32_t i = t->free_flow;
	t->free_flow = t->flows[i].bucket_next;
	return i;
}

struct tcp_flow *tcp_flow_open(struct pkt_tcp *t, const struct tcp_key *key)
{
	uint32_t i = flow_alloc(t), bucket = bucket_of(t, key);
	struct tcp_flow *f = &t->flows[i];

	*f = (struct tcp_flow){.key = *key, .bucket = bucket, .bucket_next = t->buckets[bucket]};
	f->first = f->last = f->ready = TCP_NONE;
	t->buckets[bucket] = i;
	tcp_list_add(t, TCP_LIST_USED, f);
	stats_add(&t->stats->tcp_opened, 1);
	stats_set(&t->stats->tcp_flows, stats_get(&t->stats->tcp_flows) + 1);
	return f;
}

void tcp_flow_touch(struct pkt_tcp *t, struct tcp_flow *f, uint32_t now_s)
{
	f->used_s = now_s;
	if (t->ends[TCP_LIST_USED].newer == index_of(t, f))
		return;
	tcp_list_remove(t, TCP_LIST_USED, f);
	tcp_list_add(t, TCP_LIST_USED, f);
}
