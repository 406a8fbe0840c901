// SPDX-License-Identifier: BSD-3-Clause
// A full table: which record makes room for another.
#include "dataplane/table/layout.h"

#include <string.h>

enum {
	HAND_BUCKETS_MAX = 64,	// to look at for room in one insertion
	HAND_BUCKETS_VAIN = 16, // with a capture: after so many without a record seen once, evict one seen again
};

// What goes first: idle before recent, seen once before seen again. Live.
enum worth { WORTH_IDLE_ONCE, WORTH_IDLE_REPEATED, WORTH_RECENT_ONCE };

static const uint64_t RANK_STAYS = UINT64_MAX, RANK_REPEATED = 1ull << 32;

static uint64_t rank_live(const struct table_bucket *b, unsigned slot)
{
	bool repeated = table_meta_get(b, TABLE_META_REPEATED, slot);

	if (!table_meta_get(b, TABLE_META_RECENT, slot) && !table_meta_get(b, TABLE_META_CHANGED, slot))
		return repeated ? WORTH_IDLE_REPEATED : WORTH_IDLE_ONCE;
	return repeated ? RANK_STAYS : WORTH_RECENT_ONCE;
}

// Of a capture: seen once before seen again, then by the last sighting. The marks of the sweep, which comes by the clock, do
// not matter.
static uint64_t rank_replayed(const struct table *t, const struct table_bucket *b, unsigned slot)
{
	const struct table_unit *u = &t->units[b->unit[slot]];

	if (u->message == t->inserting) // a duplicate may follow
		return RANK_STAYS;
	return table_meta_get(b, TABLE_META_REPEATED, slot) ? RANK_REPEATED | u->last_s : u->last_s;
}

static void give_back_units(struct table *t, uint32_t unit)
{
	// both kinds of unit keep the next number of their chain at another offset
	uint32_t next = t->units[unit].next;

	for (;;) {
		t->units[unit].next = t->free_unit;
		t->free_unit = unit;
		t->free_len++;
		if (next == TABLE_NO_UNIT)
			return;
		unit = next;
		next = table_more(t, unit)->next;
	}
}

// Evicts one record, and hands it over first if it has changed. False if the sink has no room for it, or if the message in
// hand has counted it: a duplicate may follow.
static bool give_up(struct table *t, struct table_bucket *b, unsigned slot)
{
	if (t->units[b->unit[slot]].message == t->inserting)
		return false;
	if (table_meta_get(b, TABLE_META_CHANGED, slot) && !table_hand_over_now(t, b, slot))
		return false;
	give_back_units(t, b->unit[slot]);
	b->tag[slot] = 0;
	b->unit[slot] = TABLE_NO_UNIT;
	b->meta &= ~(1u << (TABLE_META_CHANGED + slot) | 1u << (TABLE_META_RECENT + slot) |
		     1u << (TABLE_META_REPEATED + slot));
	stats_add(&t->stats->table_evicted, 1);
	stats_set(&t->stats->table_entries, t->stats->table_entries - 1);
	return true;
}

// The slot of a bucket that ranks lowest, if below `*rank`; -1 if there is none.
static int lowest(const struct table *t, const struct table_bucket *b, uint64_t *rank)
{
	int found = -1;

	for (unsigned slot = 0; slot < TABLE_BUCKET_SLOTS; slot++) {
		if (b->tag[slot] == 0 ||
			(*rank <= RANK_REPEATED && t->wait && table_meta_get(b, TABLE_META_REPEATED, slot)))
			continue; // without a look at its unit, which is another cache line
		uint64_t r = t->wait ? rank_replayed(t, b, slot) : rank_live(b, slot);
		if (r < *rank) {
			*rank = r;
			found = (int)slot;
		}
	}
	return found;
}

struct table_bucket *table_evict_slot(struct table *t, struct table_bucket *first, struct table_bucket *second,
	unsigned *slot)
{
	uint64_t rank = RANK_STAYS;
	int in_first = lowest(t, first, &rank), in_second = lowest(t, second, &rank);
	struct table_bucket *b = in_second >= 0 ? second : first;
	int least = in_second >= 0 ? in_second : in_first;

	if (least < 0 || !give_up(t, b, (unsigned)least))
		return NULL;
	*slot = (unsigned)least;
	return b;
}

bool table_make_room(struct table *t, uint32_t units)
{
	int vain = 0;

	if (units >= t->units_len)
		return false;
	for (int looked = 0; t->free_len < units; looked++) {
		if (looked == HAND_BUCKETS_MAX)
			return false;
		struct table_bucket *b = &t->buckets[t->hand];
		t->hand = t->hand + 1 == table_buckets(t) ? 0 : t->hand + 1;
		__builtin_prefetch(&t->buckets[t->hand], 1);
		uint64_t rank = t->wait && vain < HAND_BUCKETS_VAIN ? RANK_REPEATED : RANK_STAYS;
		int slot = lowest(t, b, &rank);
		vain += slot < 0;
		if (slot >= 0)
			give_up(t, b, (unsigned)slot);
	}
	return true;
}
