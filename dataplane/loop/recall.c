// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/recall.h"

#include <rte_cycles.h>

#include "dataplane/loop/message.h"

enum {
	HITS_ONE_IN = 6,       // of the look-ups of a window at least, else messages pass by
	PAUSE_MIN = 262144,    // messages
	PAUSE_MAX = 2097152,   // messages
	DRAIN_EVERY = 1 << 20, // look-ups, with captures
	RETIRE_SETS = 4	       // per turn
};

void recall_choose(struct worker *w)
{
	const struct admit_options *options = message_options(w);
	struct recall *r = &w->recall;

	r->on = false;
	r->rest = UINT64_MAX;
	if (!r->answers)
		return;
	if (memcmp(options, &r->options, sizeof(*options)) != 0)
		r->retires = true;
	if (r->retires || w->path == WORKER_SLOW || w->depth < WORKER_ALL)
		return;
	r->on = true;
	r->lookups = r->hits = 0;
	r->pause = PAUSE_MIN;
}

// The repetitions of an entry, as so many ordinary answers.
static void add(void *worker, const struct answers_entry *e)
{
	struct worker *w = worker;
	uint8_t wire[ANSWERS_SIZE_MAX + ANSWER_NAME_SIZE] = {0};
	const struct answer_context x = {.table = w->table,
		.key = &w->key,
		.options = &w->recall.options,
		.wire = wire,
		.size = e->size,
		.room = sizeof(wire),
		.time_s = e->first_s};
	struct answer a;

	memcpy(wire, e->wire, e->size);
	table_next_message(w->table);
	if (answer_read(&a, &x)) // as when the entry was made
		table_add_promised(w->table, a.records, e->count, e->first_s, e->last_s);
}

static void forget(struct worker *w, uint32_t set)
{
	answers_drain(w->recall.answers, set, add, w);
	answers_forget(w->recall.answers, set);
}

void recall_retire(struct worker *w)
{
	struct recall *r = &w->recall;
	uint32_t sets = answers_sets(r->answers);

	for (int i = 0; i < RETIRE_SETS && r->retired < sets; i++)
		forget(w, r->retired++);
	if (r->retired < sets)
		return;
	r->retired = 0;
	r->retires = false;
	r->options = *message_options(w);
	recall_choose(w);
}

bool recall_drain_before(struct worker *w, uint64_t bucket, uint64_t buckets, uint64_t until_tsc)
{
	struct recall *r = &w->recall;

	if (!r->answers || w->replays)
		return true;
	uint64_t sets = answers_sets(r->answers),
		 to = bucket * (sets / ANSWERS_GROUP_SETS) / buckets * ANSWERS_GROUP_SETS;
	to = RTE_MIN(sets, to + ANSWERS_GROUP_SETS);
	while (r->drained < to) {
		answers_drain(r->answers, r->drained++, add, w);
		if (rte_get_tsc_cycles() > until_tsc)
			return false;
	}
	return true;
}

void recall_drain_all(struct worker *w)
{
	struct recall *r = &w->recall;

	for (uint32_t set = 0; r->answers && set < answers_sets(r->answers); set++)
		answers_drain(r->answers, set, add, w);
}

// A record that is twice in a message counts once: such a message has no entry, nor has one with a flooded name.
static bool may_have_entry(struct worker *w, const struct answers_look *look, const uint8_t *wire,
	const struct answer *a)
{
	uint8_t owner[ANSWERS_NAME_END];

	for (uint32_t i = 1; i < a->records; i++)
		for (uint32_t k = 0; k < i; k++)
			if (table_committed(w->table, i)->hash == table_committed(w->table, k)->hash)
				return false;
	if (likely(w->stats.flood_zones == 0))
		return true;
	size_t size = look->name_end - (size_t)DNS_HEADER_SIZE;
	memcpy(owner, wire + DNS_HEADER_SIZE, size);
	dns_name_lower(owner, size);
	return !collapse_has(w->collapse, owner, size);
}

__rte_noinline void recall_missed(struct worker *w, const struct answers_look *look, const uint8_t *wire,
	const struct answer *a)
{
	struct recall *r = &w->recall;

	if (look->set == LOOK_NONE || !answers_seen_again(r->answers, look) || !may_have_entry(w, look, wire, a))
		return;
	if (answers_insert(r->answers, look, wire, a->records, a->skipped, add, w))
		stats_add(&w->stats.answers_inserted, 1);
}

__rte_noinline void recall_end_window(struct worker *w)
{
	struct recall *r = &w->recall;

	if (r->hits < r->lookups / HITS_ONE_IN) {
		r->on = false;
		r->rest = r->pause;
		r->pause = RTE_MIN(r->pause * 2, (uint32_t)PAUSE_MAX);
	} else {
		r->pause = PAUSE_MIN;
	}
	r->undrained += r->lookups;
	r->lookups = r->hits = 0;
	if (w->replays && r->undrained >= DRAIN_EVERY) {
		r->undrained = 0;
		recall_drain_all(w);
	}
}

__rte_noinline void recall_resume(struct worker *w)
{
	struct recall *r = &w->recall;

	r->on = true;
	r->rest = UINT64_MAX;
}
