// SPDX-License-Identifier: BSD-3-Clause
// New records of a flooded zone (flood.h) become sightings of `*.<zone>`, which is a record like any other.
#include "dataplane/table/layout.h"

#include <string.h>

enum { LONG_RDATA = 512 }; // longer RDATA is left out of what is collapsed

// The key of `*.<zone>`, as dns_names and begin_key make those of others. Returns its size.
static size_t build_key(struct table *t, const struct flood_zone *z, uint16_t type, const uint8_t *rdata,
	size_t rdata_size, uint64_t *hash)
{
	uint8_t *key = t->flood_key;
	size_t owner_size;
	const uint8_t *owner = flood_owner(t->flood, z, &owner_size);

	memcpy(key, &type, sizeof(type));
	key[2] = (uint8_t)owner_size;
	key[3] = 0;
	memcpy(key + TABLE_KEY_HEAD, owner, owner_size);
	memcpy(key + TABLE_KEY_HEAD + owner_size, rdata, rdata_size);
	memset(key + TABLE_KEY_HEAD + owner_size + rdata_size, 0, TABLE_FIRST_LINE); // what comparisons read behind it
	*hash = table_hash(t->flood_hash, hash_padded(t->flood_hash, owner, owner_size), type, rdata, rdata_size);
	return TABLE_KEY_HEAD + owner_size + rdata_size;
}

// Counts one sighting of `*.<zone>`.
static void count_as(struct table *t, const struct flood_zone *z, uint16_t type, const uint8_t *rdata,
	size_t rdata_size, uint32_t time_s, uint32_t message)
{
	uint64_t hash;
	uint32_t size = (uint32_t)build_key(t, z, type, rdata, rdata_size, &hash);

	if (!table_count_again(t, hash, t->flood_key, size, time_s, message))
		table_insert(t, hash, t->flood_key, size, time_s, message);
}

// Of data alone, whichever name has them.
static uint64_t rdata_hash(const struct table *t, uint16_t type, const uint8_t *rdata, size_t rdata_size)
{
	return hash_mix(t->flood_hash, type, hash_bytes(t->flood_hash, rdata, rdata_size));
}

bool table_collapse(struct table *t, uint64_t hash, const uint8_t *key, uint32_t size, uint32_t time_s,
	uint32_t message)
{
	size_t owner_size = key[2], rdata_size = size - TABLE_KEY_HEAD - owner_size;
	const uint8_t *owner = key + TABLE_KEY_HEAD, *rdata = owner + owner_size;
	struct flood_zone *z;
	uint16_t type;

	switch (flood_ask(t->flood, owner, owner_size, hash, message, time_s, &z)) {
	case FLOOD_LET_IN:
		return false;
	case FLOOD_DUPLICATE:
		stats_add(&t->stats->rr_duplicate, 1);
		return true;
	case FLOOD_COLLAPSE:
		break;
	}
	memcpy(&type, key, sizeof(type));
	// a flood may vary the data and the types too
	if (rdata_size > LONG_RDATA || !flood_takes_rdata(z, rdata_hash(t, type, rdata, rdata_size), FLOOD_RDATAS))
		rdata_size = 0;
	if (rdata_size == 0 && !flood_takes_rdata(z, rdata_hash(t, type, rdata, 0), 2 * FLOOD_RDATAS))
		type = 0;
	count_as(t, z, type, rdata, rdata_size, time_s, message);
	return true;
}

static bool hand_over_report(void *table, const struct flood_report *report)
{
	struct table *t = table;
	const struct record_view view = {
		.head = {.first_s = report->first_s,
			.last_s = report->last_s,
			.count = report->names < UINT32_MAX ? (uint32_t)report->names : UINT32_MAX,
			.owner_size = report->zone_size,
			.flags = RECORD_FLOOD},
		.owner = report->zone,
		.rdata = report->zone};

	if (!table_offer(t, &view))
		return false;
	stats_add(&t->stats->flush_records, 1);
	return true;
}

bool table_flood_begin(struct table *t, const struct table_options *options, struct worker_stats *stats)
{
	const struct flood_options flood = {.names = options->flood_names,
		.interval_s = options->flood_interval_s,
		.report_s = options->flood_report_s,
		.key = options->key,
		.sink = hand_over_report,
		.sink_context = t,
		.notices = options->flood_notices};

	if (options->flood_names == 0)
		return true;
	t->flood_hash = options->key;
	t->flood = flood_new(&flood, stats);
	return t->flood != NULL;
}

void table_expire(struct table *t, uint32_t now_s)
{
	if (t->flood)
		flood_expire(t->flood, now_s);
}

bool table_finish(struct table *t)
{
	return !t->flood || flood_finish(t->flood);
}
