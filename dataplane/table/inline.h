// SPDX-License-Identifier: BSD-3-Clause
// The first stage of the table's pipeline, inlined into the loop: a key is built in the place where it waits. For each message:
// table_next_message; for each of its n records table_prepare, write the key, table_prepared; then table_commit(n), or nothing
// if the message is not taken.
#pragma once

#include "dataplane/table/bucket.h"

// A new message begins. A record counts once per message.
static inline void table_next_message(struct table *t)
{
	if (++t->message == 0) // 0 means: no message has counted this unit
		t->message = 1;
}

// Moves the pipeline on by a batch of sightings.
void table_move_pipeline(struct table *t);

// The place of the n-th sighting of the message, from 0; n is less than TABLE_BATCH.
static inline struct table_pending *table_prepare(struct table *t, uint32_t n)
{
	return &t->pending[(t->added + n) % TABLE_PENDING];
}

// The key is written: `size` octets, then zeros up to a multiple of eight, and up to TABLE_FIRST_LINE octets at least.
static inline void table_prepared(struct table *t, struct table_pending *p, size_t size, uint64_t hash, uint32_t time_s)
{
	p->hash = hash;
	p->bucket = (uint32_t)bucket_first(t, hash);
	p->time_s = time_s;
	p->message = t->message;
	p->size = (uint16_t)size;
}

// The n-th last sighting that was committed, from 0; n is less than the number of records of the last message.
static inline const struct table_pending *table_committed(const struct table *t, uint32_t n)
{
	return &t->pending[(t->added - 1 - n) % TABLE_PENDING];
}

// Adds the `n` sightings that were prepared; without this they do not count. The pipeline holds two batches and what was added
// since: at most TABLE_PENDING, including a batch that is being prepared.
static inline void table_commit(struct table *t, uint32_t n)
{
	t->added += n;
	while (t->added - t->buckets_asked >= TABLE_BATCH)
		table_move_pipeline(t);
}
