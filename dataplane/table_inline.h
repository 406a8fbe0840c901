// SPDX-License-Identifier: BSD-3-Clause
// The first stage of the table's pipeline, for the loop to inline: a key is built where it will wait,
// and its bucket is asked for.
#pragma once

#include "dataplane/table_layout.h"

// A new message: a record counts once in each.
static inline void table_next_message(struct table *t)
{
	if (++t->message == 0) // 0 marks a unit that no message has counted
		t->message = 1;
}

static inline uint64_t table_first_bucket(const struct table *t, uint64_t hash)
{
	return (hash >> 32) * t->buckets_len >> 32;
}

// Where the next key of at most TABLE_KEY_SHORT octets is to be written. Its first line is zero, as
// comparisons want what lies behind a short key to be; longer ones are padded by table_push.
static inline uint8_t *table_short_key(struct table *t)
{
	uint8_t *key = t->pending[t->added % TABLE_PENDING].key;

	memset(key, 0, TABLE_FIRST_LINE + 8);
	return key;
}

// Moves the pipeline on by one sighting.
void table_move_pipeline(struct table *t);

// Adds one sighting with the key at table_short_key; see table_add.
static inline void table_push(struct table *t, size_t size, uint64_t hash, uint32_t time_s)
{
	struct table_pending *p = &t->pending[t->added % TABLE_PENDING];

	memset(p->key + size, 0, 8);
	p->hash = hash;
	p->time_s = time_s;
	p->message = t->message;
	p->size = (uint16_t)size;
	p->bucket = &t->buckets[table_first_bucket(t, hash)];
	__builtin_prefetch(p->bucket, 1);
	if (++t->added - t->unit_at > TABLE_STAGE)
		table_move_pipeline(t);
}
