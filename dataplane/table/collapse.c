// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/collapse.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/table/flood.h"

enum {
	LONG_RDATA = 512, // longer RDATA is left out of what is collapsed
	KEY_SIZE = TABLE_KEY_HEAD + DNS_NAME_SIZE + LONG_RDATA
};

struct collapse {
	struct table *table;
	struct flood *flood;
	struct worker_stats *stats;
	const struct hash_key *hash_key;
	uint8_t key[KEY_SIZE + TABLE_KEY_SLACK]; // of `*.<zone>`
};

// The key of `*.<zone>`, as the loop makes those of other names. Returns its size.
static size_t build_key(struct collapse *c, const struct flood_zone *z, uint16_t type, const uint8_t *rdata,
	size_t rdata_size, uint64_t *hash)
{
	size_t owner_size;
	const uint8_t *owner = flood_owner(c->flood, z, &owner_size);

	memcpy(c->key, &type, sizeof(type));
	c->key[2] = (uint8_t)owner_size;
	c->key[3] = 0;
	memcpy(c->key + TABLE_KEY_HEAD, owner, owner_size);
	memcpy(c->key + TABLE_KEY_HEAD + owner_size, rdata, rdata_size);
	memset(c->key + TABLE_KEY_HEAD + owner_size + rdata_size, 0, TABLE_KEY_SLACK);
	*hash = table_hash(c->hash_key, hash_padded(c->hash_key, owner, owner_size), type, rdata, rdata_size);
	return TABLE_KEY_HEAD + owner_size + rdata_size;
}

// Of type and data alone, whichever name has them.
static uint64_t rdata_hash(const struct collapse *c, uint16_t type, const uint8_t *rdata, size_t rdata_size)
{
	return hash_mix(c->hash_key, type, hash_bytes(c->hash_key, rdata, rdata_size));
}

// Counts a sighting for its zone.
static void count_for(struct collapse *c, struct flood_zone *z, const struct table_sighting *s)
{
	size_t owner_size = s->key[2], rdata_size = s->size - TABLE_KEY_HEAD - owner_size;
	const uint8_t *rdata = s->key + TABLE_KEY_HEAD + owner_size;
	struct table_sighting as = *s;
	uint16_t type;

	memcpy(&type, s->key, sizeof(type));
	// a flood may vary the data and the types too
	if (rdata_size > LONG_RDATA || !flood_takes_rdata(z, rdata_hash(c, type, rdata, rdata_size), FLOOD_RDATAS))
		rdata_size = 0;
	if (rdata_size == 0 && !flood_takes_rdata(z, rdata_hash(c, type, rdata, 0), 2 * FLOOD_RDATAS))
		type = 0;
	as.key = c->key;
	as.size = (uint32_t)build_key(c, z, type, rdata, rdata_size, &as.hash);
	table_count_as(c->table, &as);
}

// The hook: true if the record was counted otherwise, since its zone is flooded.
static bool take(void *collapse, const struct table_sighting *s)
{
	struct collapse *c = collapse;
	struct flood_zone *z;

	switch (flood_ask(c->flood, s->key + TABLE_KEY_HEAD, s->key[2], s->hash, s->message, s->time_s, &z)) {
	case FLOOD_LET_IN:
		return false;
	case FLOOD_DUPLICATE:
		stats_add(&c->stats->rr_duplicate, 1);
		return true;
	case FLOOD_COLLAPSE:
		if (s->times > 1)
			flood_more(c->flood, z, s->key + TABLE_KEY_HEAD, s->key[2], s->times - 1, s->last_s);
		count_for(c, z, s);
		return true;
	}
	return false;
}

static bool hand_over_report(void *collapse, const struct flood_report *report)
{
	struct collapse *c = collapse;
	const struct record_view view = {
		.head = {.first_s = report->first_s,
			.last_s = report->last_s,
			.count = report->names < UINT32_MAX ? (uint32_t)report->names : UINT32_MAX,
			.owner_size = report->zone_size,
			.flags = RECORD_FLOOD},
		.owner = report->zone,
		.rdata = report->zone};

	if (!table_offer(c->table, &view))
		return false;
	stats_add(&c->stats->flush_records, 1);
	return true;
}

struct collapse *collapse_new(const struct collapse_options *options, struct table *table, struct worker_stats *stats)
{
	struct collapse *c = calloc(1, sizeof(*c));
	const struct flood_options flood = {.names = options->names,
		.interval_s = options->interval_s,
		.report_s = options->report_s,
		.key = options->key,
		.sink = hand_over_report,
		.sink_context = c,
		.notices = options->notices};

	if (!c)
		return NULL;
	c->table = table;
	c->stats = stats;
	c->hash_key = options->key;
	c->flood = flood_new(&flood, stats);
	if (!c->flood) {
		free(c);
		return NULL;
	}
	table_set_hook(table, take, c);
	return c;
}

void collapse_free(struct collapse *c)
{
	if (!c)
		return;
	flood_free(c->flood);
	free(c);
}

bool collapse_has(struct collapse *c, const uint8_t *owner, size_t size)
{
	return flood_has(c->flood, owner, size);
}

void collapse_expire(struct collapse *c, uint32_t now_s)
{
	flood_expire(c->flood, now_s);
}

void collapse_expire_all(struct collapse *c, uint32_t now_s)
{
	for (int zone = 0; zone < FLOOD_ZONES; zone++) // one at a time
		flood_expire(c->flood, now_s);
}

bool collapse_finish(struct collapse *c)
{
	return flood_finish(c->flood);
}
