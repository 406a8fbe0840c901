// SPDX-License-Identifier: BSD-3-Clause
// The score of each entity: one minus the chance that all evidence is wrong, of each network or operator the best only. What is shared
// says something only together: an entity that moved with accepted ones over several networks.
#include "collector/pivot/judge.h"

#include <math.h>
#include <stdlib.h>

enum { GROUPS_MAX = 32, SAME_MAX = 1024, SLOTS = 4096, PER_ENTITY = 64 };

static const float ALONE = 0.7f;

// Which groups have the same entities.
struct same {
	uint32_t group[SAME_MAX];
	uint16_t slot[SLOTS]; // hash table of group: index + 1
	uint16_t root[SAME_MAX];
	size_t len;
	uint16_t both[SAME_MAX][SAME_MAX];
};

struct together {
	uint32_t group[GROUPS_MAX];
	float strength[GROUPS_MAX];
	size_t len, networks;		       // networks: of addresses
	uint32_t both[GROUPS_MAX][GROUPS_MAX]; // entities that are in both; on the diagonal: in one
	uint32_t held[GROUPS_MAX][GROUPS_MAX]; // the same of accepted ones
};

static int compare_pairs(const void *a, const void *b)
{
	return memcmp(a, b, 2 * sizeof(uint32_t));
}

// In how many networks each accepted entity has addresses. False without memory.
static bool count_networks(struct pivot *p)
{
	uint32_t(*pair)[2] = malloc((p->edges + 1) * sizeof(*pair));
	size_t n = 0;

	if (!pair)
		return false;
	for (size_t e = 0; e < p->edges; e++) {
		uint32_t entity = p->state[p->edge[e].from].entity, to = p->edge[e].to;
		if (p->node[to].roles != PIVOT_ADDRESS || !p->state[entity].accepted)
			continue;
		p->state[entity].networks = 0;
		pair[n][0] = entity;
		pair[n++][1] = p->state[to].group;
	}
	qsort(pair, n, sizeof(*pair), compare_pairs);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_pairs(pair[i], pair[i - 1]) != 0)
			p->state[pair[i][0]].networks++;
	free(pair);
	return true;
}

static int compare_evidence(const void *a, const void *b)
{
	const struct pivot_evidence *x = a, *y = b;

	if (x->entity != y->entity)
		return x->entity < y->entity ? -1 : 1;
	if (x->cause != y->cause)
		return x->cause < y->cause ? -1 : 1;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->infra < y->infra ? -1 : x->infra > y->infra;
}

// The end of those of one entity.
static size_t end_of(const struct pivot_evidences *all, size_t from)
{
	size_t to = from + 1;

	while (to < all->len && all->at[to].entity == all->at[from].entity)
		to++;
	return to;
}

// --- groups that say the same

// Number of a group among those seen; GROUPS_MAX: too many.
static size_t number_of(struct same *t, uint32_t group)
{
	size_t slot = (group * 2654435761u) % SLOTS;

	while (t->slot[slot] != 0 && t->group[t->slot[slot] - 1] != group)
		slot = (slot + 1) % SLOTS;
	if (t->slot[slot] != 0)
		return t->slot[slot] - 1;
	if (t->len == SAME_MAX)
		return SAME_MAX;
	t->group[t->len] = group;
	t->slot[slot] = (uint16_t)(t->len + 1);
	return t->len++;
}

static uint16_t root_of(struct same *t, uint16_t i)
{
	while (t->root[i] != i)
		i = t->root[i] = t->root[t->root[i]];
	return i;
}

// Counts how many entities are in each pair of groups. Groups of which one has most entities of the other, as the name servers
// and addresses of one provider, are merged: they are one evidence.
static void merge_groups(struct same *t, const struct pivot_evidences *all)
{
	for (size_t from = 0, to; from < all->len; from = to) {
		size_t number[PER_ENTITY], n = 0;
		to = end_of(all, from);
		for (size_t i = from; i < to && n < PER_ENTITY; i++)
			if (!all->at[i].many && !all->at[i].accepted &&
				(i == from || all->at[i].group != all->at[i - 1].group))
				if ((number[n] = number_of(t, all->at[i].group)) < SAME_MAX)
					n++;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < n; k++)
				t->both[number[i]][number[k]] += t->both[number[i]][number[k]] < UINT16_MAX;
	}
	for (size_t i = 0; i < t->len; i++)
		t->root[i] = (uint16_t)i;
	for (size_t i = 0; i < t->len; i++)
		for (size_t k = i + 1; k < t->len; k++) {
			uint16_t fewer = t->both[i][i] < t->both[k][k] ? t->both[i][i] : t->both[k][k];
			if (fewer >= 3 && 4 * t->both[i][k] > 3 * fewer)
				t->root[root_of(t, (uint16_t)k)] = root_of(t, (uint16_t)i);
		}
}

// The evidence of merged groups gets one group, and is sorted again.
static bool unify(struct pivot_evidences *all)
{
	struct same *t = calloc(1, sizeof(*t));

	if (!t)
		return false;
	merge_groups(t, all);
	for (size_t i = 0; i < all->len; i++) {
		size_t number = all->at[i].many ? SAME_MAX : number_of(t, all->at[i].group);
		all->at[i].cause = number < SAME_MAX ? t->group[root_of(t, (uint16_t)number)] : all->at[i].group;
	}
	free(t);
	qsort(all->at, all->len, sizeof(*all->at), compare_evidence);
	return true;
}

// --- shared, but together

static size_t index_of(struct together *t, const struct pivot_evidence *e)
{
	for (size_t i = 0; i < t->len; i++)
		if (t->group[i] == e->group)
			return i;
	if (t->len == GROUPS_MAX)
		return GROUPS_MAX;
	t->group[t->len] = e->group;
	t->networks += (e->group & PIVOT_GROUP_NETWORK) != 0;
	return t->len++;
}

// The shared groups of an entity that it was in at the time of an accepted one. Returns how many.
static size_t shared_groups(struct together *t, const struct pivot_evidence *e, size_t n, size_t *group, float *near)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t g = e[i].shared && e[i].overlaps ? index_of(t, &e[i]) : GROUPS_MAX;
		if (g == GROUPS_MAX)
			continue;
		t->strength[g] = fmaxf(t->strength[g], e[i].strength);
		if (len > 0 && group[len - 1] == g) {
			near[len - 1] = fmaxf(near[len - 1], e[i].near);
			continue;
		}
		if (len == GROUPS_MAX)
			break;
		group[len] = g;
		near[len++] = e[i].near;
	}
	return len;
}

static void count_together(struct together *t, const struct pivot_evidences *all)
{
	size_t group[GROUPS_MAX];
	float near[GROUPS_MAX];

	for (size_t from = 0, to; from < all->len; from = to) {
		to = end_of(all, from);
		size_t n = shared_groups(t, all->at + from, to - from, group, near);
		uint32_t(*count)[GROUPS_MAX] = all->at[from].accepted ? t->held : t->both;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < n; k++)
				count[group[i]][group[k]]++;
	}
}

// The weight of being in several shared groups. The more of a group are in the other as well, the less it says: servers of
// one hosting provider.
static double weight_together(struct together *t, const struct pivot_evidence *e, size_t n, size_t *groups)
{
	size_t group[GROUPS_MAX];
	float near[GROUPS_MAX];
	double best = 0;

	*groups = shared_groups(t, e, n, group, near);
	for (size_t i = 0; i < *groups; i++)
		for (size_t k = i + 1; k < *groups; k++) {
			size_t g = group[i], h = group[k];
			if (t->held[g][h] == 0) // no accepted one was in both
				continue;
			uint32_t fewer = t->both[g][g] < t->both[h][h] ? t->both[g][g] : t->both[h][h];
			double part = fewer > 0 ? (double)t->both[g][h] / fewer : 1;
			double time = 0.3 + 0.7 * (double)fmaxf(near[i], near[k]);
			double weight =
				0.85 * (1 - part) * (1 - part) * time * (double)fminf(t->strength[g], t->strength[h]);
			best = weight > best ? weight : best;
		}
	return *groups > 2 ? 1 - pow(1 - best, (double)*groups - 1) : best;
}

// --- reasons

static void give(struct pivot_node *n, enum pivot_reason reason, int64_t number)
{
	n->reasons |= 1u << reason;
	n->reason[reason] = number > INT32_MAX ? INT32_MAX : (int32_t)number;
}

static void give_reasons(struct pivot *p, struct pivot_node *n, const struct pivot_evidence *e)
{
	bool address = p->node[e->infra].roles == PIVOT_ADDRESS;
	bool shared = e->shared || p->state[e->infra].heavy || p->state[e->infra].is_listed;

	n->reasons = 0;
	if (e->edge == PIVOT_NONE)
		give(n, PIVOT_REASON_RECORD, 0);
	give(n, shared ? PIVOT_REASON_SHARED : address ? PIVOT_REASON_FEW : PIVOT_REASON_SERVER, e->others);
	if (e->own)
		give(n, PIVOT_REASON_OWN, 0);
	if (e->mostly)
		give(n, PIVOT_REASON_MOSTLY, e->mostly);
	if (e->many)
		give(n, PIVOT_REASON_MANY, 0);
	if (e->burst)
		give(n, PIVOT_REASON_BURST, e->burst);
	if (e->edge != PIVOT_NONE)
		give(n, e->overlaps ? PIVOT_REASON_OVERLAP : PIVOT_REASON_APART,
			e->overlaps ? (e->days > 0 ? e->days : 0) : -(int64_t)e->days);
}

// The path: over the best evidence, from the name that has the record.
static void give_path(struct pivot *p, uint32_t entity, const struct pivot_evidence *e)
{
	struct pivot_node *n = &p->node[entity];

	if (e->edge == PIVOT_NONE) { // of its own server
		n->from = e->infra;
		n->via = pivot_graph_edge(p, e->infra, entity, "zone", 4, p->node[e->infra].first,
			p->node[e->infra].last);
		return;
	}
	const struct pivot_edge edge = p->edge[e->edge];
	struct pivot_node *from = &p->node[edge.from];
	from->via = e->edge;
	from->from = e->infra;
	from->first = edge.first;
	from->last = edge.last;
	if (edge.from == entity)
		return;
	n->via = pivot_graph_edge(p, edge.from, entity, "zone", 4, edge.first, edge.last);
	n->from = edge.from;
	n->first = edge.first;
	n->last = edge.last;
	from->reasons = n->reasons;
	memcpy(from->reason, n->reason, sizeof(n->reason));
}

static void judge_entity(struct pivot *p, struct together *t, const struct pivot_evidence *e, size_t n)
{
	struct pivot_node *node = &p->node[e->entity];
	const struct pivot_evidence *best = e;
	size_t groups = 0, together;
	double miss = 1, weight = weight_together(t, e, n, &together);
	float alone = t->networks > 1 && together < 2 ? ALONE : 1;

	for (size_t i = 0, k; i < n; i = k) {
		float most = 0;
		for (k = i; k < n && e[k].cause == e[i].cause; k++) {
			// the accepted ones are in several shared networks: one that is only in one of them is less likely to be with them
			float w = e[k].burst ? e[k].weight * alone : e[k].weight;
			most = fmaxf(most, w);
			best = e[k].weight > best->weight ? &e[k] : best;
		}
		groups += most >= 0.1f;
		miss *= 1 - (double)most;
	}
	node->score = 1 - miss * (1 - weight);
	if (node->score < p->o.score || p->state[e->entity].is_listed)
		return;
	if (p->depth == p->o.depth) {
		node->stop = PIVOT_STOP_DEPTH;
		return;
	}
	give_reasons(p, node, best);
	if (groups > 1)
		give(node, PIVOT_REASON_SEVERAL, (int64_t)groups);
	if (weight > 0.1)
		give(node, PIVOT_REASON_TOGETHER, (int64_t)together);
	pivot_accept(p, e->entity, p->depth + 1);
	p->state[e->entity].cause = best->cause;
	give_path(p, e->entity, best);
}

void pivot_judge(struct pivot *p)
{
	struct pivot_evidences all = {.at = NULL};
	struct together *t = calloc(1, sizeof(*t));

	if (!t || !count_networks(p) || !pivot_evidence_collect(p, &all))
		p->no_memory = true;
	if (!p->no_memory && all.len > 0) {
		qsort(all.at, all.len, sizeof(*all.at), compare_evidence);
		p->no_memory = !unify(&all);
		count_together(t, &all);
		for (size_t from = 0, to; from < all.len; from = to) {
			to = end_of(&all, from);
			if (!all.at[from].accepted)
				judge_entity(p, t, all.at + from, to - from);
		}
	}
	free(all.at);
	free(t);
}
