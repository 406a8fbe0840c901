// SPDX-License-Identifier: BSD-3-Clause
// What an address or a server says about those that use it. The fewer unrelated domains are there, the more: docs/pivot.md.
#include "collector/pivot/judge.h"

#include <math.h>
#include <stdlib.h>

enum { FRESH_S = 7 * PIVOT_DAY, OLD_S = 90 * PIVOT_DAY, FEW_ADDRESSES = 4 };

static const double HALF_DOMAINS = 9, HALF_ZONES = 60; // with so many others half of the weight is left

static int compare_visits(const void *a, const void *b)
{
	const struct pivot_visit *x = a, *y = b;

	return x->entity < y->entity ? -1 : x->entity > y->entity;
}

static bool is_address(const struct pivot_infra *x)
{
	return x->p->node[x->node].roles == PIVOT_ADDRESS;
}

static bool is_zone_edge(const struct pivot_edge *e)
{
	return memcmp(e->type, "zone", 5) == 0;
}

// All visits, one per entity. False without memory.
static bool gather(struct pivot_infra *x)
{
	struct pivot *p = x->p;
	size_t edges = 0, len = 0;

	for (uint32_t e = p->state[x->node].first_to; e != PIVOT_NONE; e = p->link[e].next_to)
		edges++;
	x->visit = malloc((edges + 1) * sizeof(*x->visit));
	if (!x->visit)
		return false;
	for (uint32_t e = p->state[x->node].first_to; e != PIVOT_NONE; e = p->link[e].next_to) {
		const struct pivot_edge *edge = &p->edge[e];
		if (is_zone_edge(edge))
			continue;
		uint32_t entity = p->state[edge->from].entity;
		x->visit[len++] = (struct pivot_visit){.entity = entity,
			.edge = e,
			.first = edge->first,
			.last = edge->last,
			.accepted = p->state[entity].accepted && p->node[entity].depth <= p->depth};
	}
	qsort(x->visit, len, sizeof(*x->visit), compare_visits);
	x->earliest = INT64_MAX;
	for (size_t i = 0; i < len; i++) {
		struct pivot_visit *v = &x->visit[i], *same = x->len > 0 ? &x->visit[x->len - 1] : NULL;
		x->earliest = v->first < x->earliest ? v->first : x->earliest;
		if (!same || same->entity != v->entity) {
			x->visit[x->len++] = *v;
			continue;
		}
		same->first = v->first < same->first ? v->first : same->first;
		same->last = v->last > same->last ? v->last : same->last;
	}
	return true;
}

static int compare_causes(const void *a, const void *b, void *arg)
{
	const struct pivot *p = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (p->state[x].cause != p->state[y].cause)
		return p->state[x].cause < p->state[y].cause ? -1 : 1;
	return (p->node[x].score < p->node[y].score) - (p->node[x].score > p->node[y].score);
}

// The strength: that it belongs to the accepted ones. Those that were accepted for the same cause count once.
static double strength_of(const struct pivot_infra *x)
{
	struct pivot *p = x->p;
	uint32_t entity[PIVOT_REFERENCES];
	double miss = 1;
	size_t n = 0;

	for (size_t i = 0; i < x->len && n < PIVOT_REFERENCES; i++)
		if (x->visit[i].accepted)
			entity[n++] = x->visit[i].entity;
	qsort_r(entity, n, sizeof(*entity), compare_causes, p);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || p->state[entity[i]].cause != p->state[entity[i - 1]].cause)
			miss *= 1 - p->node[entity[i]].score;
	return 1 - miss;
}

// The spread: how many addresses the accepted ones have, so that one of these says little.
static void weigh_accepted(struct pivot_infra *x)
{
	const struct pivot *p = x->p;
	double sum = 0, spread = 0;

	for (size_t i = 0; i < x->len; i++) {
		if (!x->visit[i].accepted)
			continue;
		double s = p->node[x->visit[i].entity].score;
		uint32_t k = p->state[x->visit[i].entity].networks;
		x->accepted++;
		sum += s;
		spread += s * (k <= FEW_ADDRESSES ? 1 : 2 / sqrt(k));
	}
	x->strength = p->node[x->node].is_indicator ? 1 : strength_of(x);
	x->spread = is_address(x) && sum > 0 ? spread / sum : 1;
	x->many = x->spread < 0.99;
	x->mostly = sum / (sum + (double)x->overlapping + 1e-9);
}

// A server in the domain of an indicator.
static bool is_own_server(const struct pivot_infra *x)
{
	uint32_t own = x->p->state[x->node].entity;

	return !is_address(x) && x->p->state[own].accepted && x->p->node[own].depth == 0 && own != x->node;
}

// Compares what was here before the accepted ones came. Nothing: it is their own. Many: they came to a provider.
static void look_back(struct pivot_infra *x, int64_t epoch)
{
	int64_t came = INT64_MAX;
	size_t old = 0;

	for (size_t i = 0; i < x->len; i++)
		if (x->visit[i].accepted && x->visit[i].first < came)
			came = x->visit[i].first;
	x->own = is_own_server(x);
	x->crowd = (double)x->overlapping;
	if (came == INT64_MAX || came - FRESH_S <= epoch) // not known: nobody looked before
		return;
	int64_t early = epoch + (came - epoch) / 4; // what is seldom asked for is seen late
	if (early < epoch + 2 * PIVOT_DAY)
		early = epoch + 2 * PIVOT_DAY;
	for (size_t i = 0; i < x->len; i++)
		old += !x->visit[i].accepted && x->visit[i].apart <= PIVOT_DAY &&
		       (x->visit[i].first <= early || x->visit[i].first < came - OLD_S);
	x->own = x->own || x->earliest >= came - FRESH_S;
	x->crowd += 2.0 * (double)old;
}

static void look(struct pivot_infra *x, int64_t epoch)
{
	const struct pivot *p = x->p;
	size_t references = pivot_times_compare(x);

	for (size_t i = 0; i < x->len; i++)
		x->overlapping += !x->visit[i].accepted && x->visit[i].apart <= PIVOT_DAY;
	weigh_accepted(x);
	look_back(x, epoch);
	double others = x->crowd / (x->own ? 2 : 1);
	x->share = 1 / (1 + pow(others / (is_address(x) ? HALF_DOMAINS : HALF_ZONES), 1.5));
	bool mostly = x->accepted >= 3 && x->mostly > 0.5;
	if (mostly && x->mostly > x->share)
		x->share = x->mostly;
	x->shared = !mostly && x->overlapping > (is_address(x) ? p->o.domains : p->o.zones);
	pivot_times_bursts(x, references);
}

static void note_node(struct pivot_infra *x)
{
	struct pivot_state *s = &x->p->state[x->node];
	struct pivot_node *n = &x->p->node[x->node];
	bool was = s->heavy || s->is_listed;

	if (was)
		return;
	s->domains = (uint32_t)x->overlapping;
	s->share = (float)x->share;
	n->is_shared = x->shared;
	if (x->shared) {
		n->stop = n->roles == PIVOT_ADDRESS ? PIVOT_STOP_DOMAINS : PIVOT_STOP_ZONES;
		n->stop_number = s->domains;
	} else if (n->stop == PIVOT_STOP_DOMAINS || n->stop == PIVOT_STOP_ZONES) {
		n->stop = PIVOT_WALKED;
	}
}

static bool put(struct pivot_evidences *out, const struct pivot_evidence *e)
{
	if (out->len == out->capacity) {
		size_t capacity = out->capacity ? 2 * out->capacity : 1024;
		struct pivot_evidence *grown = realloc(out->at, capacity * sizeof(*grown));
		if (!grown)
			return false;
		out->at = grown;
		out->capacity = capacity;
	}
	out->at[out->len++] = *e;
	return true;
}

// Each depth takes something off, so that one that was only just accepted does not bring its whole provider along.
static double further(const struct pivot *p)
{
	return p->depth > 0 ? 0.9 : 1;
}

static bool say(struct pivot_infra *x, const struct pivot_visit *v, struct pivot_evidences *out)
{
	const struct pivot *p = x->p;
	struct pivot_evidence e = {.entity = v->entity,
		.group = p->state[x->node].group,
		.infra = x->node,
		.edge = v->edge,
		.strength = (float)x->strength,
		.shared = x->shared,
		.others = (uint32_t)x->overlapping,
		.own = x->own,
		.many = x->many,
		.days = (int32_t)(-v->apart / PIVOT_DAY),
		.overlaps = v->apart <= PIVOT_DAY};
	double burst = pivot_times_burst(x, v, &e.burst), share = x->shared ? 0 : x->share;
	double time = e.overlaps ? 1 : 0.9 * exp(-(double)v->apart / (10.0 * PIVOT_DAY));

	if (!e.overlaps && (v->chained || !is_address(x)) && time < 0.85) // a server stays with its operator
		time = 0.85;

	if (p->o.through_shared && (x->shared || p->state[x->node].heavy || p->state[x->node].is_listed))
		share = 0.75;
	if (burst <= share)
		e.burst = 0;
	e.mostly = x->accepted >= 3 && x->mostly > 0.5 ? (int32_t)(100 * x->mostly) : 0;
	e.near = v->behind == INT64_MAX ? 0 : (float)exp(-(double)v->behind / (5.0 * PIVOT_DAY));
	e.weight = (float)(further(p) * x->strength * x->spread * time * (burst > share ? burst : share));
	return put(out, &e);
}

// An accepted entity in what is shared.
static bool say_there(const struct pivot_infra *x, const struct pivot_visit *v, struct pivot_evidences *out)
{
	return put(out, &(struct pivot_evidence){.entity = v->entity,
				.group = x->p->state[x->node].group,
				.infra = x->node,
				.edge = v->edge,
				.shared = true,
				.overlaps = true,
				.accepted = true});
}

// A server that few use belongs to the domain that it is in.
static bool say_own(struct pivot_infra *x, struct pivot_evidences *out)
{
	const struct pivot *p = x->p;
	uint32_t own = p->state[x->node].entity;
	struct pivot_evidence e = {.entity = own,
		.group = p->state[x->node].group,
		.infra = x->node,
		.edge = PIVOT_NONE,
		.strength = (float)x->strength,
		.weight = (float)(0.9 * further(p) * x->strength * x->share),
		.overlaps = true,
		.own = x->own,
		.others = (uint32_t)x->overlapping};

	if (p->node[x->node].roles == PIVOT_ADDRESS || x->shared || p->state[x->node].heavy ||
		p->state[x->node].is_listed || (p->state[own].accepted && p->node[own].depth <= p->depth))
		return true;
	return put(out, &e);
}

static bool collect_one(struct pivot *p, uint32_t node, int64_t epoch, struct pivot_evidences *out)
{
	struct pivot_infra x = {.p = p, .node = node};
	bool good = gather(&x);

	if (good && x.len > 0) {
		look(&x, epoch);
		note_node(&x);
		for (size_t i = 0; i < x.len && good && x.strength > 0; i++) {
			if (x.visit[i].accepted)
				good = !x.shared || say_there(&x, &x.visit[i], out);
			else if (x.visit[i].entity != p->state[node].entity)
				good = say(&x, &x.visit[i], out);
		}
		good = good && say_own(&x, out);
	}
	free(x.visit);
	return good;
}

bool pivot_evidence_collect(struct pivot *p, struct pivot_evidences *out)
{
	int64_t epoch = INT64_MAX;
	bool good = true;

	for (size_t e = 0; e < p->edges; e++)
		if (p->edge[e].first > 0 && !is_zone_edge(&p->edge[e]) && p->edge[e].first < epoch)
			epoch = p->edge[e].first;
	for (uint32_t i = 0; i < p->nodes && good; i++)
		if (p->state[i].is_infra && p->state[i].read)
			good = collect_one(p, i, epoch, out);
	return good;
}
