// SPDX-License-Identifier: BSD-3-Clause
// What leaves the table: changed records to the sink, and records that make room for others.
#include "dataplane/table/layout.h"

#include <string.h>

enum {
	HAND_BUCKETS_MAX = 64,	// looked at for room in one insertion
	HAND_BUCKETS_VAIN = 16, // of a capture: of them, without a record seen once, before one seen again goes
	SWEEP_FAR = 8,		// buckets that the sweep asks for what it will need: first for a bucket,
	SWEEP_NEAR = 3		// later for its units
};

// What goes first: idle before recent, seen once before seen again.
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

	if (u->message == t->inserting) // its double may come
		return RANK_STAYS;
	return table_meta_get(b, TABLE_META_REPEATED, slot) ? RANK_REPEATED | u->last_s : u->last_s;
}

// The key of a record in one piece: in the unit where it fits, gathered from its chain otherwise.
static const uint8_t *whole_key(struct table *t, const struct table_unit *u)
{
	uint32_t size = table_key_size(u), next = u->next;

	if (size <= TABLE_INLINE)
		return u->key;
	memcpy(t->out_key, u->key, TABLE_INLINE);
	for (size_t at = TABLE_INLINE; at < size; at += TABLE_MORE, next = table_more(t, next)->next)
		memcpy(t->out_key + at, table_more(t, next)->key, size - at < TABLE_MORE ? size - at : TABLE_MORE);
	return t->out_key;
}

bool table_hand_over(struct table *t, struct table_bucket *b, unsigned slot)
{
	struct table_unit *u = &t->units[b->unit[slot]];
	const uint8_t *key = whole_key(t, u);
	struct record_view view = {.head = {.first_s = u->first_s,
					   .last_s = u->last_s,
					   .count = u->count,
					   .owner_size = key[2],
					   .flags = u->flags},
		.owner = key + TABLE_KEY_HEAD};

	memcpy(&view.head.type, key, 2);
	view.rdata = view.owner + view.head.owner_size;
	view.head.rdata_size = (uint16_t)(table_key_size(u) - TABLE_KEY_HEAD - view.head.owner_size);
	if (!t->sink(t->sink_context, &view))
		return false;
	stats_add(&t->stats->sightings_flushed, u->count);
	t->pending_sightings -= u->count;
	stats_add(&t->stats->flush_records, 1);
	u->count = 0;
	u->flags = 0;
	u->message = 0; // numbers of messages wrap; none may be taken for one long gone
	b->meta &= ~(1u << (TABLE_META_CHANGED + slot));
	return true;
}

static void wait_for_sink(struct table *t)
{
	table_publish(t); // the accounts hold meanwhile
	t->wait(t->sink_context);
}

bool table_hand_over_now(struct table *t, struct table_bucket *b, unsigned slot)
{
	bool done;

	while (!(done = table_hand_over(t, b, slot)) && t->wait)
		wait_for_sink(t);
	return done;
}

bool table_offer(struct table *t, const struct record_view *record)
{
	bool done;

	while (!(done = t->sink(t->sink_context, record)) && t->wait)
		wait_for_sink(t);
	return done;
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

// Gives one record up, handing over what it holds first. False where the sink has no room for that, or
// where the message in hand has counted it: its double may come.
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

// Asks for what the sweep comes to some buckets later: a bucket, and the changed units of one nearer by.
static inline void ask_ahead(const struct table *t)
{
	uint64_t far = t->sweep_at + SWEEP_FAR, near = t->sweep_at + SWEEP_NEAR;

	if (far >= table_buckets(t))
		return;
	__builtin_prefetch(&t->buckets[far], 1);
	const struct table_bucket *b = &t->buckets[near];
	for (uint32_t left = b->meta >> TABLE_META_CHANGED & ((1u << TABLE_BUCKET_SLOTS) - 1); left; left &= left - 1) {
		const char *unit = (const char *)&t->units[b->unit[__builtin_ctz(left)]];
		__builtin_prefetch(unit, 1);
		__builtin_prefetch(unit + 64, 1);
	}
}

uint64_t table_sweep(struct table *t, uint64_t buckets)
{
	const uint32_t group = (1u << TABLE_BUCKET_SLOTS) - 1;
	uint64_t done = 0;

	table_settle(t); // the rest of a message must not find its first half forgotten
	for (; done < buckets; done++) {
		struct table_bucket *b = &t->buckets[t->sweep_at];
		ask_ahead(t);
		for (uint32_t left = b->meta >> TABLE_META_CHANGED & group; left; left &= left - 1) {
			unsigned slot = (unsigned)__builtin_ctz(left);
			if (!table_hand_over(t, b, slot))
				goto no_room;
			t->sweep_handed |= 1u << slot;
		}
		// what was changed in this round is recent until the next
		b->meta = (b->meta & ~(group << TABLE_META_RECENT)) | t->sweep_handed << TABLE_META_RECENT;
		t->sweep_handed = 0;
		t->sweep_at = t->sweep_at + 1 == table_buckets(t) ? 0 : t->sweep_at + 1;
	}
no_room:
	table_publish(t);
	return done;
}

// The place of a hash among those of a message that were handed over at once.
static struct table_passed *passed_slot(struct table *t, uint64_t hash, uint32_t message)
{
	size_t slot = hash % TABLE_PASSED;

	while (t->passed[slot].message == message && t->passed[slot].hash != hash)
		slot = (slot + 1) % TABLE_PASSED;
	return &t->passed[slot];
}

bool table_was_passed(struct table *t, uint64_t hash, uint32_t message)
{
	const struct table_passed *p = passed_slot(t, hash, message);

	return p->message == message && p->hash == hash;
}

void table_pass_by(struct table *t, uint64_t hash, const uint8_t *key, uint32_t size, uint32_t time_s, uint32_t message)
{
	t->passed_message = message;
	*passed_slot(t, hash, message) = (struct table_passed){.hash = hash, .message = message};
	struct record_view view = {.head = {.first_s = time_s, .last_s = time_s, .count = 1, .flags = RECORD_NEW}};

	memcpy(&view.head.type, key, 2);
	view.head.owner_size = key[2];
	view.owner = key + TABLE_KEY_HEAD;
	view.rdata = view.owner + view.head.owner_size;
	view.head.rdata_size = (uint16_t)(size - TABLE_KEY_HEAD - view.head.owner_size);
	bool done = table_offer(t, &view);
	stats_add(&t->stats->rr_taken, 1);
	if (done) {
		stats_add(&t->stats->table_passed, 1);
		stats_add(&t->stats->sightings_flushed, 1);
		stats_add(&t->stats->flush_records, 1);
	} else {
		stats_add(&t->stats->lost_no_room, 1);
	}
}
