// SPDX-License-Identifier: BSD-3-Clause
// The end of a walk: score, path and reasons of all nodes, and which of them are results.
#include "collector/pivot/state.h"

#include <stdlib.h>

static void give(struct pivot_node *n, enum pivot_reason reason, uint32_t number)
{
	n->reasons |= 1u << reason;
	n->reason[reason] = number > INT32_MAX ? INT32_MAX : (int32_t)number;
}

static bool is_entity_in(const struct pivot *p, uint32_t entity)
{
	return p->state[entity].accepted && p->node[entity].depth <= p->o.depth;
}

// An address or a server that accepted entities use: from the nearest and best of these.
static bool finish_infra(struct pivot *p, uint32_t i)
{
	struct pivot_node *n = &p->node[i];
	const struct pivot_state *s = &p->state[i];
	uint32_t best = PIVOT_NONE, best_entity = PIVOT_NONE;
	double miss = 1;

	for (uint32_t e = s->first_to; e != PIVOT_NONE; e = p->link[e].next_to) {
		const struct pivot_edge *edge = &p->edge[e];
		uint32_t entity = p->state[edge->from].entity;
		if (!is_entity_in(p, entity) || entity == s->entity || memcmp(edge->type, "zone", 5) == 0)
			continue;
		n->first = best == PIVOT_NONE || edge->first < n->first ? edge->first : n->first;
		n->last = best == PIVOT_NONE || edge->last > n->last ? edge->last : n->last;
		miss *= 1 - p->node[entity].score;
		if (best == PIVOT_NONE || p->node[entity].depth < p->node[best_entity].depth ||
			(p->node[entity].depth == p->node[best_entity].depth &&
				p->node[entity].score > p->node[best_entity].score)) {
			best = e;
			best_entity = entity;
		}
	}
	bool own = n->roles != PIVOT_ADDRESS && is_entity_in(p, s->entity);
	if (best == PIVOT_NONE || (own && n->from != PIVOT_NONE) ||
		(own && p->node[s->entity].depth < p->node[best_entity].depth))
		return false;
	n->via = best;
	n->from = p->edge[best].from;
	n->depth = p->node[best_entity].depth;
	double share = s->read && !own ? (double)s->share : 1;
	n->score = (1 - miss) * (n->is_shared && !s->read ? 0 : share);
	n->reasons = 0;
	give(n, PIVOT_REASON_RECORD, 0);
	if (s->read && !n->is_shared) // else `stop` says by how many it is shared
		give(n, n->roles == PIVOT_ADDRESS ? PIVOT_REASON_FEW : PIVOT_REASON_SERVER, s->domains);
	return true;
}

// A name of an accepted entity, reached over its registered domain unless it is the one that connects it.
static bool finish_name(struct pivot *p, uint32_t i)
{
	struct pivot_node *n = &p->node[i];
	uint32_t entity = p->state[i].entity;

	if (!is_entity_in(p, entity))
		return false;
	n->score = p->node[entity].score;
	n->depth = p->node[entity].depth;
	if (entity == i || n->from != PIVOT_NONE)
		return true;
	n->from = entity;
	for (uint32_t e = p->state[i].first_from; e != PIVOT_NONE; e = p->link[e].next_from) {
		const struct pivot_edge *edge = &p->edge[e];
		n->first = n->first == 0 || edge->first < n->first ? edge->first : n->first;
		n->last = edge->last > n->last ? edge->last : n->last;
	}
	n->via = pivot_graph_edge(p, i, entity, "zone", 4, n->first, n->last);
	n->reasons = 0;
	give(n, PIVOT_REASON_DOMAIN, 0);
	return true;
}

static int compare_groups(const void *a, const void *b, void *arg)
{
	const struct pivot *p = arg;
	uint32_t x = p->state[*(const uint32_t *)a].group, y = p->state[*(const uint32_t *)b].group;

	return x < y ? -1 : x > y;
}

// Addresses of the results in one network.
static void count_neighbours(struct pivot *p)
{
	uint32_t *address = malloc((p->results + 1) * sizeof(*address));
	size_t n = 0;

	if (!address)
		return;
	for (size_t i = 0; i < p->results; i++)
		if (p->node[p->result[i]].roles == PIVOT_ADDRESS)
			address[n++] = p->result[i];
	qsort_r(address, n, sizeof(*address), compare_groups, p);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && p->state[address[to]].group == p->state[address[from]].group;)
			to++;
		for (size_t i = from; i < to && to - from > 1; i++)
			give(&p->node[address[i]], PIVOT_REASON_NETWORK, (uint32_t)(to - from));
	}
	free(address);
}

static int compare_results(const void *a, const void *b, void *arg)
{
	const struct pivot *p = arg;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct pivot_node *x = &p->node[i], *y = &p->node[k];

	if (x->is_indicator != y->is_indicator)
		return x->is_indicator ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return i < k ? -1 : i > k;
}

void pivot_finish(struct pivot *p)
{
	size_t nodes = p->nodes;

	p->result = malloc((nodes + 1) * sizeof(*p->result));
	if (!p->result) {
		p->no_memory = true;
		return;
	}
	for (uint32_t i = 0; i < nodes; i++) {
		struct pivot_node *n = &p->node[i];
		bool in = n->is_indicator || (p->state[i].is_infra && finish_infra(p, i)) ||
			  (n->roles != PIVOT_ADDRESS && finish_name(p, i));
		p->beyond += !in && n->stop == PIVOT_STOP_DEPTH;
		n->is_in = in;
		if (!in)
			continue;
		if (n->is_indicator || (!n->is_shared && n->score >= p->o.score))
			p->result[p->results++] = i;
	}
	qsort_r(p->result, p->results, sizeof(*p->result), compare_results, p);
	count_neighbours(p);
	if (p->o.limit > 0 && p->results > p->o.limit) {
		p->left_out = p->results - p->o.limit;
		p->results = p->o.limit;
	}
	for (size_t i = 0; i < p->results + p->left_out; i++) {
		p->node[p->result[i]].is_result = i < p->results;
		p->node[p->result[i]].is_in = i < p->results;
	}
}
