// SPDX-License-Identifier: BSD-3-Clause
// Changed records to the sink: by the sweep, before eviction, and past a table that has no room.
#include <string.h>

#include "dataplane/table/layout.h"

enum {
	SWEEP_FAR = 8, // buckets ahead of the sweep: this far it prefetches a bucket,
	SWEEP_NEAR = 3 // this far the changed units of a bucket
};

// The key of a record in one piece: in the unit if it fits, otherwise gathered from its chain.
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

// Hands one record to the sink and marks it unchanged. False if the sink has no room.
static bool hand_over(struct table *t, struct table_bucket *b, unsigned slot)
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
	u->message = 0; // numbers of messages wrap: an old one must not look like a new one
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

	while (!(done = hand_over(t, b, slot)) && t->wait)
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

// Prefetches what the sweep reads later: a bucket far ahead, and the changed units of a nearer one.
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

	table_settle(t); // counts the whole message: a hand-over resets the mark that finds duplicates
	for (; done < buckets; done++) {
		struct table_bucket *b = &t->buckets[t->sweep_at];
		ask_ahead(t);
		for (uint32_t left = b->meta >> TABLE_META_CHANGED & group; left; left &= left - 1) {
			unsigned slot = (unsigned)__builtin_ctz(left);
			if (!hand_over(t, b, slot))
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

void table_pass_by(struct table *t, const struct table_sighting *s)
{
	t->passed_message = s->message;
	*passed_slot(t, s->hash, s->message) = (struct table_passed){.hash = s->hash, .message = s->message};
	struct record_view view = {
		.head = {.first_s = s->time_s, .last_s = s->last_s, .count = s->times, .flags = RECORD_NEW}};

	memcpy(&view.head.type, s->key, 2);
	view.head.owner_size = s->key[2];
	view.owner = s->key + TABLE_KEY_HEAD;
	view.rdata = view.owner + view.head.owner_size;
	view.head.rdata_size = (uint16_t)(s->size - TABLE_KEY_HEAD - view.head.owner_size);
	bool done = table_offer(t, &view);
	if (t->promised)
		t->pending_sightings -= s->times;
	else
		stats_add(&t->stats->rr_taken, s->times);
	if (done) {
		stats_add(&t->stats->table_passed, s->times);
		stats_add(&t->stats->sightings_flushed, s->times);
		stats_add(&t->stats->flush_records, 1);
	} else {
		stats_add(&t->stats->lost_no_room, s->times);
	}
}
