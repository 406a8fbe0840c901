// SPDX-License-Identifier: BSD-3-Clause
// A walk: its start, its steps, its end.
#include "collector/pivot/state.h"

#include "collector/question/paste.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct pivot_options pivot_options_make(void)
{
	return (struct pivot_options){.depth = PIVOT_DEPTH,
		.until = INT64_MAX,
		.score = PIVOT_SCORE,
		.domains = PIVOT_DOMAINS,
		.zones = PIVOT_ZONES,
		.nodes = 50000,
		.commands = 200000};
}

struct pivot *pivot_start(struct query_db *db, const struct pivot_options *o)
{
	struct pivot *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->db = db;
	p->o = *o;
	p->o.since = o->since < 0 ? 0 : o->since;
	p->o.depth = o->depth < PIVOT_DEPTH_MAX ? o->depth : PIVOT_DEPTH_MAX;
	p->o.nodes = o->nodes < PIVOT_NODES_MAX ? o->nodes : PIVOT_NODES_MAX;
	p->deadline_ms = o->time_s > 0 ? (int64_t)monotonic_ms() + (int64_t)(o->time_s * 1000) : 0;
	p->seed = monotonic_ms() ^ (uint64_t)(uintptr_t)p;
	return p;
}

void pivot_stop(struct pivot *p)
{
	if (p)
		pivot_graph_free(p);
	free(p);
}

const char *pivot_why(const struct pivot *p)
{
	return p->why;
}

void pivot_accept(struct pivot *p, uint32_t entity, unsigned depth)
{
	struct pivot_state *s = &p->state[entity];

	s->accepted = true;
	s->cause = entity;
	p->more = true;
	p->node[entity].depth = (uint8_t)depth;
	if (p->node[entity].stop == PIVOT_STOP_DEPTH)
		p->node[entity].stop = PIVOT_WALKED;
	if ((p->node[entity].roles & PIVOT_DOMAIN) && !s->queued_zone) {
		s->queued_zone = true;
		pivot_queue_add(p, &p->zones, entity);
	}
}

static void add_indicator(struct pivot *p, uint32_t i)
{
	uint32_t entity = p->state[i].entity;
	struct pivot_node *n = &p->node[i];

	n->is_indicator = true;
	n->score = 1;
	n->reasons = 1u << PIVOT_REASON_INDICATOR;
	n->via = n->from = PIVOT_NONE;
	if (n->roles == PIVOT_ADDRESS) {
		p->state[i].is_infra = p->state[i].queued_members = true;
		pivot_queue_add(p, &p->members, i);
		return;
	}
	// records that point to the name: it may be a server
	if (!p->state[i].queued_members) {
		p->state[i].is_infra = p->state[i].queued_members = true;
		pivot_queue_add(p, &p->members, i);
	}
	if (entity != i && !p->node[entity].is_indicator) {
		p->node[entity].score = 1;
		p->node[entity].reasons = 1u << PIVOT_REASON_DOMAIN;
		p->node[entity].from = i;
		p->node[entity].via = pivot_graph_edge(p, i, entity, "zone", 4, p->o.since, p->o.since);
	}
	if (!p->state[entity].accepted)
		pivot_accept(p, entity, 0);
}

static int take_indicator(struct pivot *p, uint32_t i, char *why, size_t why_size)
{
	if (i == PIVOT_NONE) {
		snprintf(why, why_size, "out of memory");
		return -EINVAL;
	}
	if (!p->node[i].is_indicator)
		add_indicator(p, i);
	return 0;
}

int pivot_add(struct pivot *p, const char *text, char *why, size_t why_size)
{
	struct query_paste paste = {.q = query_make(QUERY_NAME)};
	char address[TEXT_ADDRESS_SIZE];

	if (query_understand(&paste, text, why, why_size) != 0)
		return -EINVAL;
	if (paste.meaning == QUERY_MEANS_ADDRESS) {
		size_t len = text_address(paste.q.first, paste.q.address_size, address);
		return take_indicator(p, pivot_graph_address(p, address, len), why, why_size);
	}
	if (paste.meaning != QUERY_MEANS_NAME) {
		snprintf(why, why_size, "'%.100s': found a %s, expected a name or an address", text,
			query_meaning_text[paste.meaning]);
		return -EINVAL;
	}
	return take_indicator(p, pivot_graph_name(p, paste.q.name, paste.q.name_len, PIVOT_NAME), why, why_size);
}

int pivot_add_name(struct pivot *p, const char *text, char *why, size_t why_size)
{
	char name[TEXT_NAME_SIZE];
	size_t len = query_name_of(text, strlen(text), name);

	if (len == 0) {
		snprintf(why, why_size, "'%.100s': expected a name", text);
		return -EINVAL;
	}
	return take_indicator(p, pivot_graph_name(p, name, len, PIVOT_NAME), why, why_size);
}

// --- steps

static int compare_by_score(const void *a, const void *b, void *arg)
{
	const struct pivot *p = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double sx = pivot_score_of_entity(p, x), sy = pivot_score_of_entity(p, y);

	if (sx != sy)
		return sx > sy ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void sort_queue(struct pivot *p, struct pivot_queue *q)
{
	if (q->len > q->pos)
		qsort_r(q->at + q->pos, q->len - q->pos, sizeof(*q->at), compare_by_score, p);
}

// All names of the entities whose registered domains were read.
static void queue_records(struct pivot *p)
{
	for (uint32_t i = 0; i < p->nodes; i++) {
		uint32_t entity = p->state[i].entity;
		if (p->node[i].roles == PIVOT_ADDRESS || p->state[i].queued_records || !p->state[entity].accepted)
			continue;
		p->state[i].queued_records = true;
		pivot_queue_add(p, &p->records, i);
	}
	sort_queue(p, &p->records);
}

// The infrastructure that most accepted entities use comes first.
static int compare_by_use(const void *a, const void *b, void *arg)
{
	const struct pivot *p = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b, nx = 0, ny = 0;

	if (p->node[x].is_indicator != p->node[y].is_indicator)
		return p->node[x].is_indicator ? -1 : 1;
	for (uint32_t e = p->state[x].first_to; e != PIVOT_NONE && nx < 100; e = p->link[e].next_to)
		nx++;
	for (uint32_t e = p->state[y].first_to; e != PIVOT_NONE && ny < 100; e = p->link[e].next_to)
		ny++;
	if (nx != ny)
		return nx > ny ? -1 : 1;
	return x < y ? -1 : 1;
}

static bool is_late(struct pivot *p)
{
	if (p->deadline_ms == 0 || (int64_t)monotonic_ms() < p->deadline_ms)
		return false;
	if (!p->spent)
		p->spent = PIVOT_STOP_TIME;
	return true;
}

static int do_phase(struct pivot *p)
{
	switch (p->phase) {
	case PHASE_ZONES:
		if (p->zones.pos < p->zones.len)
			return pivot_read_zones(p);
		queue_records(p);
		p->phase = PHASE_RECORDS;
		return 0;
	case PHASE_RECORDS:
		if (p->records.pos < p->records.len)
			return pivot_read_records(p);
		if (p->members.len > p->members.pos)
			qsort_r(p->members.at + p->members.pos, p->members.len - p->members.pos, sizeof(*p->members.at),
				compare_by_use, p);
		p->phase = PHASE_MEMBERS;
		return 0;
	case PHASE_MEMBERS:
		if (p->members.pos < p->members.len)
			return pivot_read_members(p);
		p->phase = PHASE_JUDGE;
		return 0;
	case PHASE_JUDGE:
		p->more = false;
		pivot_judge(p);
		p->phase = ++p->depth > p->o.depth || !p->more ? PHASE_DONE : PHASE_ZONES;
		if (p->phase == PHASE_DONE)
			pivot_finish(p);
		return 0;
	default:
		return 0;
	}
}

enum pivot_step pivot_step(struct pivot *p)
{
	if (p->phase == PHASE_DONE)
		return PIVOT_END;
	if (is_late(p) && p->spent != PIVOT_STOP_TIME)
		p->spent = PIVOT_STOP_TIME;
	p->db->reader.settings.until_ms = p->deadline_ms > 0 ? p->deadline_ms + 2000 : 0;
	int result = do_phase(p);
	p->db->reader.settings.until_ms = 0;
	if (p->no_memory) {
		snprintf(p->why, sizeof(p->why), "out of memory");
		result = -1;
	}
	if (result != 0)
		return PIVOT_FAILED;
	return p->phase == PHASE_DONE ? PIVOT_END : PIVOT_BUSY;
}

size_t pivot_nodes(const struct pivot *p, const struct pivot_node **nodes)
{
	*nodes = p->node;
	return p->nodes;
}

size_t pivot_edges(const struct pivot *p, const struct pivot_edge **edges)
{
	*edges = p->edge;
	return p->edges;
}

size_t pivot_results(const struct pivot *p, const uint32_t **indices)
{
	*indices = p->result;
	return p->results;
}

size_t pivot_left_out(const struct pivot *p)
{
	return p->left_out;
}

size_t pivot_beyond(const struct pivot *p)
{
	return p->beyond;
}

enum pivot_stop pivot_spent(const struct pivot *p)
{
	return p->spent;
}

size_t pivot_commands(const struct pivot *p)
{
	return p->commands;
}
