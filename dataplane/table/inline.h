// SPDX-License-Identifier: BSD-3-Clause
// The first stage of the table's pipeline, for the loop to inline: a key is built where it will wait.
#pragma once

#include "dataplane/table/bucket.h"

// A new message: a record counts once in each.
static inline void table_next_message(struct table *t)
{
	if (++t->message == 0) // 0 marks a unit that no message has counted
		t->message = 1;
}

// Moves the pipeline on by a batch of sightings.
void table_move_pipeline(struct table *t);

// The place of the n-th sighting that is being prepared; n is less than TABLE_BATCH.
static inline struct table_pending *table_prepare(struct table *t, uint32_t n)
{
	return &t->pending[(t->added + n) % TABLE_PENDING];
}

// The key of a prepared sighting is written, `size` octets of it and zeros behind up to a multiple
// of eight, to TABLE_FIRST_LINE octets at least.
static inline void table_prepared(struct table *t, struct table_pending *p, size_t size, uint64_t hash, uint32_t time_s)
{
	p->hash = hash;
	p->bucket = (uint32_t)bucket_first(t, hash);
	p->time_s = time_s;
	p->message = t->message;
	p->size = (uint16_t)size;
}

// What was prepared is added, `n` sightings; without this, nothing of it counts. The pipeline holds
// two batches and what has come since: at most TABLE_PENDING, with another batch being prepared.
static inline void table_commit(struct table *t, uint32_t n)
{
	t->added += n;
	while (t->added - t->buckets_asked >= TABLE_BATCH)
		table_move_pipeline(t);
}
