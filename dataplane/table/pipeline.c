// SPDX-License-Identifier: BSD-3-Clause
// A sighting on its way through the pipeline, to the record that it counts for. table.h draws the layout.
#include <string.h>

#include "dataplane/base/octets.h"
#include "dataplane/table/inline.h"

enum { SINGLY_AT_MOST = 4 }; // messages; a flooded zone lets a name in after three (flood.h)

uint8_t *table_key(struct table *t, size_t size_max)
{
	t->key_is_long = size_max > TABLE_KEY_SHORT;
	if (t->key_is_long)
		return t->long_key;
	uint8_t *key = table_prepare(t, 0)->key;
	memset(key, 0, TABLE_FIRST_LINE + 8);
	return key;
}

static inline bool equal8(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t differ = 0;

	for (size_t i = 0; i < size; i += 8) // both are zero-padded
		differ |= hash_load64(a + i) ^ hash_load64(b + i);
	return differ == 0;
}

static bool equal_more(const struct table *t, const struct table_unit *u, const uint8_t *key, size_t size)
{
	uint32_t next = u->next;

	key += TABLE_INLINE;
	size -= TABLE_INLINE;
	for (; size > 0; next = table_more(t, next)->next) {
		size_t part = size < TABLE_MORE ? size : TABLE_MORE;
		if (memcmp(table_more(t, next)->key, key, part) != 0)
			return false;
		key += part;
		size -= part;
	}
	return true;
}

// For keys within the first cache line of a unit, which are most keys: compares the line by two loads that overlap.
static inline bool equal_first_line(const uint8_t *a, const uint8_t *b)
{
	_Static_assert(TABLE_FIRST_LINE == 8 + OCTETS, "two blocks reach its end");
	return octets_none((octets_load(a) ^ octets_load(b)) | (octets_load(a + 8) ^ octets_load(b + 8)));
}

static inline bool equal_key(const struct table *t, const struct table_unit *u, const uint8_t *key, uint32_t size)
{
	if (__builtin_expect(table_key_size(u) != size, 0))
		return false;
	if (__builtin_expect(size <= TABLE_FIRST_LINE, 1))
		return equal_first_line(u->key, key);
	if (size <= TABLE_INLINE)
		return equal8(u->key, key, size);
	return equal8(u->key, key, TABLE_INLINE) && equal_more(t, u, key, size);
}

// The slot of a key in one bucket, or -1.
static inline int find_in(const struct table *t, const struct table_bucket *b, uint16_t tag, const uint8_t *key,
	uint32_t size)
{
	for (uint32_t mask = bucket_match(b, tag); mask; mask &= ~(3u << 2 * bucket_slot(mask))) {
		unsigned slot = bucket_slot(mask);
		if (equal_key(t, &t->units[b->unit[slot]], key, size))
			return (int)slot;
	}
	return -1;
}

// The counter of the record is full, because the collector was away for long. If the sink has no room, it stays full, and the
// sighting is lost.
static __attribute__((noinline, cold)) void count_over(struct table *t, struct table_bucket *b, unsigned slot,
	struct table_unit *u)
{
	u->count = UINT32_MAX;
	if (table_hand_over_now(t, b, slot)) {
		u->count = 1;
		return;
	}
	t->pending_sightings--; // as it will be counted among the hits
	stats_add(&t->stats->lost_no_room, 1);
}

static inline void count_again(struct table *t, struct table_bucket *b, unsigned slot, struct table_unit *u,
	uint32_t time_s, uint32_t message)
{
	if (__builtin_expect(u->message == message, 0)) {
		stats_add(&t->stats->rr_duplicate, 1);
		return;
	}
	if (__builtin_expect(++u->count == 0, 0))
		count_over(t, b, slot, u);
	u->message = message;
	u->last_s = time_s > u->last_s ? time_s : u->last_s;
	if (__builtin_expect(time_s < u->first_s, 0)) {
		u->first_s = time_s;
		u->flags |= RECORD_NEW;
	}
	uint32_t marks = (1u << TABLE_META_CHANGED | 1u << TABLE_META_REPEATED) << slot;
	if (__builtin_expect((b->meta & marks) != marks, 0)) // a line that is not written need not go back to memory
		b->meta |= marks;
	t->hits++;
}

// Sightings that are among the hits already, however many.
static void count_promised(struct table *t, struct table_bucket *b, unsigned slot, struct table_unit *u,
	const struct table_sighting *s)
{
	uint32_t times = s->times;

	if (times > UINT32_MAX - u->count && !table_hand_over_now(t, b, slot)) {
		uint32_t lost = times - (UINT32_MAX - u->count);
		t->pending_sightings -= lost;
		stats_add(&t->stats->lost_no_room, lost);
		times -= lost;
	}
	u->count += times;
	u->message = s->message;
	u->last_s = s->last_s > u->last_s ? s->last_s : u->last_s;
	if (s->time_s < u->first_s) {
		u->first_s = s->time_s;
		u->flags |= RECORD_NEW;
	}
	b->meta |= (1u << TABLE_META_CHANGED | 1u << TABLE_META_REPEATED) << slot;
}

// The bucket and slot of a record, or NULL.
static struct table_bucket *find(struct table *t, const struct table_sighting *s, unsigned *slot)
{
	struct table_bucket *b = &t->buckets[bucket_first(t, s->hash)];
	uint16_t tag = bucket_tag(s->hash);
	int found = find_in(t, b, tag, s->key, s->size);

	if (found < 0 && b->meta & TABLE_META_OVERFLOWED) {
		b = &t->buckets[bucket_second(t, s->hash)];
		found = find_in(t, b, tag, s->key, s->size);
	}
	*slot = (unsigned)found;
	return found >= 0 ? b : NULL;
}

// Counts a sighting: finds its record, or takes it in. The hook sees only new records.
static void count(struct table *t, const struct table_sighting *s)
{
	unsigned slot;
	struct table_bucket *b = find(t, s, &slot);

	if (b)
		count_again(t, b, slot, &t->units[b->unit[slot]], s->time_s, s->message);
	else if (__builtin_expect(t->passed_message == s->message, 0) && table_was_passed(t, s->hash, s->message))
		stats_add(&t->stats->rr_duplicate, 1);
	else if (!t->hook || !t->hook(t->hook_context, s))
		table_insert(t, s);
}

void table_count_as(struct table *t, const struct table_sighting *s)
{
	unsigned slot;
	struct table_bucket *b = find(t, s, &slot);

	if (!b) {
		table_insert(t, s);
		return;
	}
	struct table_unit *u = &t->units[b->unit[slot]];
	if (t->promised) {
		count_promised(t, b, slot, u, s);
		return;
	}
	u->message = ~s->message; // counts however often it is in the message
	count_again(t, b, slot, u, s->time_s, s->message);
}

void table_promise(struct table *t, uint64_t sightings)
{
	t->hits += sightings;
}

static bool are_found(struct table *t, uint32_t n)
{
	unsigned slot;

	for (uint32_t i = 0; i < n; i++) {
		const struct table_pending *p = table_prepare(t, i);
		const struct table_sighting s = {.hash = p->hash, .key = p->key, .size = p->size};
		if (!find(t, &s, &slot))
			return false;
	}
	return true;
}

void table_add_promised(struct table *t, uint32_t n, uint32_t times, uint32_t first_s, uint32_t last_s)
{
	t->promised = true;
	for (int round = 0; times > 0; round++) {
		// a record that is gone comes back as it would have: the first messages one by one
		uint32_t now = round == SINGLY_AT_MOST || are_found(t, n) ? times : 1;
		table_next_message(t);
		for (uint32_t i = 0; i < n; i++) {
			const struct table_pending *p = table_prepare(t, i);
			const struct table_sighting s = {.hash = p->hash,
				.key = p->key,
				.size = p->size,
				.time_s = first_s,
				.message = t->message,
				.times = now,
				.last_s = now == times ? last_s : first_s};
			unsigned slot;
			struct table_bucket *b = find(t, &s, &slot);
			if (b)
				count_promised(t, b, slot, &t->units[b->unit[slot]], &s);
			else if (!t->hook || !t->hook(t->hook_context, &s))
				table_insert(t, &s);
		}
		times -= now;
	}
	t->promised = false;
}

// The middle stage: the bucket has arrived, prefetch the unit.
static inline void ask_for_unit(struct table *t, struct table_pending *p)
{
	const struct table_bucket *b = &t->buckets[p->bucket];
	uint32_t mask = bucket_match(b, bucket_tag(p->hash));

	p->candidate = TABLE_NO_UNIT; // its key is empty and equals none
	if (__builtin_expect(mask != 0, 1)) {
		p->slot = (uint16_t)bucket_slot(mask);
		p->candidate = b->unit[p->slot];
		const char *unit = (const char *)&t->units[p->candidate];
		__builtin_prefetch(unit, 1);
		__builtin_prefetch(unit + (p->size > TABLE_FIRST_LINE ? 64 : 0)); // no branch: sizes vary
	}
}

static __attribute__((noinline)) void count_other(struct table *t, const struct table_pending *p)
{
	const struct table_sighting s = {.hash = p->hash,
		.key = p->key,
		.size = p->size,
		.time_s = p->time_s,
		.message = p->message,
		.times = 1,
		.last_s = p->time_s};

	count(t, &s);
}

// The last stage. The candidate is nearly always the record; if it is still in its slot, nothing else is read. The slot is
// checked first: a unit that was freed since may be a further unit of another key, which has no header.
static inline void count_pending(struct table *t, struct table_pending *p)
{
	struct table_bucket *b = &t->buckets[p->bucket];
	struct table_unit *u = &t->units[p->candidate];

	if (__builtin_expect(b->unit[p->slot] == p->candidate && equal_key(t, u, p->key, p->size), 1))
		count_again(t, b, p->slot, u, p->time_s, p->message);
	else
		count_other(t, p);
}

// Counts a batch whose units have arrived, prefetches the units of the next batch and the buckets of the
// one after that. All prefetches of a batch are issued together, so that their misses overlap, those of
// the address translation too. A batch never wraps: it begins at a multiple of its size.
void table_move_pipeline(struct table *t)
{
	if (t->units_asked != t->done) {
		struct table_pending *p = &t->pending[t->done % TABLE_PENDING];
		for (int i = 0; i < TABLE_BATCH; i++)
			count_pending(t, p + i);
		t->done += TABLE_BATCH;
	}
	if (t->units_asked != t->buckets_asked) {
		struct table_pending *p = &t->pending[t->units_asked % TABLE_PENDING];
		for (int i = 0; i < TABLE_BATCH; i++)
			ask_for_unit(t, p + i);
		t->units_asked += TABLE_BATCH;
	}
	struct table_pending *p = &t->pending[t->buckets_asked % TABLE_PENDING];
	for (int i = 0; i < TABLE_BATCH; i++)
		__builtin_prefetch(&t->buckets[p[i].bucket], 1);
	t->buckets_asked += TABLE_BATCH;
}

void table_settle(struct table *t)
{
	for (; t->units_asked != t->added; t->units_asked++)
		ask_for_unit(t, &t->pending[t->units_asked % TABLE_PENDING]);
	for (; t->done != t->added; t->done++)
		count_pending(t, &t->pending[t->done % TABLE_PENDING]);
	t->added = t->units_asked = t->done = t->buckets_asked = 0; // batches begin at multiples of their size
	table_publish(t);
}

void table_add(struct table *t, size_t size, uint64_t hash, uint32_t time_s)
{
	if (__builtin_expect(!t->key_is_long, 1)) {
		struct table_pending *p = table_prepare(t, 0);
		memset(p->key + size, 0, 8);
		table_prepared(t, p, size, hash, time_s);
		table_commit(t, 1);
		return;
	}
	memset(t->long_key + size, 0, TABLE_FIRST_LINE); // comparisons read these octets after a key
	table_settle(t);
	const struct table_sighting s = {.hash = hash,
		.key = t->long_key,
		.size = (uint32_t)size,
		.time_s = time_s,
		.message = t->message,
		.times = 1,
		.last_s = time_s};
	count(t, &s);
}
