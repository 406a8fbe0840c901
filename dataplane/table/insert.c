// SPDX-License-Identifier: BSD-3-Clause
// A record that is new to the table: finds a slot and units for it.
#include <string.h>

#include "dataplane/table/bucket.h"

static uint32_t take_unit(struct table *t)
{
	uint32_t unit = t->free_unit;

	if (unit != TABLE_NO_UNIT)
		t->free_unit = t->units[unit].next;
	else
		unit = t->fresh_unit++;
	t->free_len--;
	return unit;
}

// Fills a chain of units with a key; they are known to be free. Returns the first.
static uint32_t store_key(struct table *t, const uint8_t *key, uint32_t size)
{
	uint32_t first = take_unit(t);
	struct table_unit *u = &t->units[first];
	size_t part = size < TABLE_INLINE ? size : TABLE_INLINE;

	u->key_low = (uint16_t)size;
	u->key_high = (uint8_t)(size >> 16);
	memcpy(u->key, key, part);
	memset(u->key + part, 0, TABLE_INLINE - part);
	u->next = TABLE_NO_UNIT;
	uint32_t *link = &u->next;
	for (size_t at = part; at < size; at += part) {
		uint32_t unit = take_unit(t);
		struct table_more *more = table_more(t, unit);
		part = size - at < TABLE_MORE ? size - at : TABLE_MORE;
		memcpy(more->key, key + at, part);
		memset(more->key + part, 0, TABLE_MORE - part);
		more->next = TABLE_NO_UNIT;
		*link = unit;
		link = &more->next;
	}
	return first;
}

// A free slot for a key: in its first bucket, else in its second, else the slot of a record that may be evicted.
static struct table_bucket *find_slot(struct table *t, uint64_t hash, unsigned *slot)
{
	struct table_bucket *first = &t->buckets[bucket_first(t, hash)];
	struct table_bucket *second = &t->buckets[bucket_second(t, hash)], *found;
	uint32_t mask = bucket_match(first, 0);

	if (mask) {
		*slot = bucket_slot(mask);
		return first;
	}
	mask = bucket_match(second, 0);
	if (mask) {
		*slot = bucket_slot(mask);
		found = second;
	} else {
		found = table_evict_slot(t, first, second, slot);
	}
	if (found == second)
		first->meta |= TABLE_META_OVERFLOWED;
	return found;
}

void table_insert(struct table *t, const struct table_sighting *s)
{
	uint32_t units = table_units_of(s->size);
	unsigned slot;

	t->inserting = s->message;
	if (__builtin_expect(t->fresh_unit + units > t->units_touched && t->units_touched < t->units_len, 0))
		table_touch(t);
	bool room = units <= t->free_len || table_make_room(t, units);
	struct table_bucket *b = room ? find_slot(t, s->hash, &slot) : NULL;
	if (!b) {
		table_pass_by(t, s);
		return;
	}
	uint32_t unit = store_key(t, s->key, s->size);
	struct table_unit *u = &t->units[unit];
	u->first_s = s->time_s;
	u->last_s = s->last_s;
	u->count = s->times;
	u->message = s->message;
	u->flags = RECORD_NEW;
	b->tag[slot] = bucket_tag(s->hash);
	b->unit[slot] = unit;
	table_meta_set(b, TABLE_META_CHANGED, slot);
	if (s->times > 1)
		table_meta_set(b, TABLE_META_REPEATED, slot);
	stats_add(&t->stats->table_inserted, 1);
	stats_add(&t->stats->table_entries, 1);
	if (!t->promised) {
		stats_add(&t->stats->rr_taken, 1);
		t->pending_sightings++;
	}
}
