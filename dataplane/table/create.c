// SPDX-License-Identifier: BSD-3-Clause
// Memory of the table, its size and its counters.
#include <stdlib.h>
#include <string.h>

#include "dataplane/table/layout.h"

_Static_assert(sizeof(struct table_bucket) == 64, "a bucket is one cache line");
_Static_assert(sizeof(struct table_unit) == TABLE_UNIT_SIZE, "unit");
_Static_assert(sizeof(struct table_more) == TABLE_UNIT_SIZE, "unit");

// Records a bucket at full table: of its ten slots, so that one in forty records lives in its second bucket.
enum { RECORDS_PER_BUCKET = 6 };

static uint64_t pages_of(uint64_t records)
{
	return records / (RECORDS_PER_BUCKET * TABLE_PAGE_BUCKETS) + 1;
}

size_t table_memory(uint64_t records)
{
	return memory_size(pages_of(records) * TABLE_PAGE_BUCKETS * sizeof(struct table_bucket)) +
	       memory_size((records + 1) * sizeof(struct table_unit));
}

struct table *table_new(const struct table_options *options, struct worker_stats *stats)
{
	struct table *t = aligned_alloc(128, (sizeof(*t) + 127) / 128 * 128);

	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->stats = stats;
	t->sink = options->sink;
	t->sink_context = options->sink_context;
	t->wait = options->wait;
	t->message = 1;
	t->units_len = (uint32_t)options->records + 1; // unit 0 is none
	t->fresh_unit = 1;
	t->free_len = (uint32_t)options->records;
	t->pages_len = pages_of(options->records);
	t->bucket_memory = memory_map(table_buckets(t) * sizeof(*t->buckets), options->huge_pages);
	size_t units_size = t->units_len * sizeof(*t->units);
	if (t->wait)
		t->unit_memory = memory_map_later(units_size, options->huge_pages);
	else
		t->unit_memory = memory_map(units_size, options->huge_pages);
	t->buckets = t->bucket_memory.at;
	t->units = t->unit_memory.at;
	if (!t->buckets || !t->units || (t->wait && !memory_touch(&t->unit_memory, sizeof(*t->units)))) {
		table_free(t);
		return NULL;
	}
	t->units_touched = (uint32_t)(t->unit_memory.touched / sizeof(*t->units));
	stats_set(&stats->table_capacity, options->records);
	return t;
}

void table_touch(struct table *t)
{
	size_t size = (size_t)(t->units_touched + TABLE_TOUCH) * sizeof(*t->units);

	if (!memory_touch(&t->unit_memory, size)) { // a limit of the control group: the table is as large as it is now
		t->free_len -= t->units_len - t->units_touched;
		t->units_len = t->units_touched;
		stats_set(&t->stats->table_capacity, t->units_len - 1);
	}
	t->units_touched = (uint32_t)(t->unit_memory.touched / sizeof(*t->units));
}

void table_free(struct table *t)
{
	if (!t)
		return;
	memory_unmap(&t->bucket_memory);
	memory_unmap(&t->unit_memory);
	free(t);
}

bool table_is_huge(const struct table *t)
{
	return t->bucket_memory.huge && t->unit_memory.huge;
}

bool table_is_filling(const struct table *t)
{
	return t->free_len < t->units_len / 4;
}

uint64_t table_buckets(const struct table *t)
{
	return t->pages_len * TABLE_PAGE_BUCKETS;
}

void table_publish(struct table *t)
{
	t->pending_sightings += t->hits;
	stats_add(&t->stats->rr_taken, t->hits);
	stats_add(&t->stats->table_hits, t->hits);
	stats_set(&t->stats->sightings_pending, t->pending_sightings);
	t->hits = 0;
}

void table_set_hook(struct table *t, table_hook *hook, void *context)
{
	t->hook = hook;
	t->hook_context = context;
}
