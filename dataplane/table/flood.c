// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/flood.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/base/memory.h"
#include "dataplane/table/hyperloglog.h"

enum {
	WAYS = 4,		   // cells in a cache line
	RDATAS = 4 * FLOOD_RDATAS, // room for hashes of data
	SEEN = 512,		   // names of a flooded zone that are remembered, in case they come again
	SEEN_TIMES = 3,		   // low bits of such an entry: how often
	DUPLICATES = 16,	   // collapsed records of one message that are remembered
	LEVEL_MAX = 31
};

struct cell {
	uint32_t tag;	   // of the zone's hash, 0: free
	uint32_t names;	   // new in `interval`
	uint32_t interval; // number of that interval
	uint32_t zone;	   // index + 1 of its flooded zone, 0: none
};

struct flood_zone {
	struct cell *cell;	   // NULL: free
	uint32_t interval;	   // number of the one that it is in
	uint8_t level;		   // its budget is halved so many times
	struct flood_report part;  // since the last report; its `names` are those reported in this interval
	struct flood_report whole; // of the interval
	uint32_t asked;		   // names that were new, let in or not
	uint32_t examples;	   // let in at once
	uint32_t again;		   // let in because they came again
	uint32_t rdatas;	   // records `*.<zone>` in `rdata`
	uint32_t reported_s;
	struct hyperloglog distinct; // of the names that were collapsed in this interval
	uint32_t rdata[RDATAS];	     // hashes of their types and RDATA, open addressing; 0: free
	uint32_t seen[SEEN];	     // hash of a name, and in its low bits how often it came
};

struct flood {
	struct flood_options options;
	struct worker_stats *stats;
	uint32_t interval;   // number
	uint32_t interval_s; // when it began
	uint32_t zones_used, expire_at;
	// the answer for the name asked about last
	uint32_t message;
	uint64_t name_hash;
	struct flood_zone *answer;
	uint32_t duplicates_message, duplicates_len;
	uint64_t duplicates[DUPLICATES];
	uint8_t owner[DNS_NAME_SIZE + 1 + HASH_BLOCK];
	struct memory_block cells_memory, zones_memory;
	struct cell *cells;
	struct flood_zone *zones;
};

_Static_assert(sizeof(struct cell) * WAYS == 64, "a line of cells");

struct flood *flood_new(const struct flood_options *options, struct worker_stats *stats)
{
	struct flood *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->options = *options;
	f->stats = stats;
	f->interval = 1;
	f->cells_memory = memory_map(FLOOD_CELLS * sizeof(*f->cells), false);
	f->zones_memory = memory_map(FLOOD_ZONES * sizeof(*f->zones), false);
	f->cells = f->cells_memory.at;
	f->zones = f->zones_memory.at;
	if (!f->cells || !f->zones) {
		flood_free(f);
		return NULL;
	}
	return f;
}

void flood_free(struct flood *f)
{
	if (!f)
		return;
	memory_unmap(&f->cells_memory);
	memory_unmap(&f->zones_memory);
	free(f);
}

// reports ────────────────────────────────────────────────────────────────────────────────────

static void notify(struct flood *f, const struct flood_report *about, uint64_t budget)
{
	if (f->options.notices)
		flood_notice_put(f->options.notices, about, budget);
}

static uint64_t budget_of(const struct flood *f, const struct flood_zone *z)
{
	return f->options.names >> z->level;
}

// Hands over what was collapsed since the last report. False if the sink has no room.
static bool report(struct flood *f, struct flood_zone *z, uint32_t now_s)
{
	z->reported_s = now_s;
	if (z->part.sightings == 0)
		return true;
	struct flood_report r = z->part;
	uint64_t names = hyperloglog_estimate(&z->distinct);
	r.names = names > z->part.names ? names - z->part.names : 1;
	if (!f->options.sink(f->options.sink_context, &r))
		return false;
	z->whole.names = names;
	z->part.names += r.names;
	z->part.sightings = 0;
	return true;
}

static void release(struct flood *f, struct flood_zone *z)
{
	z->cell->zone = 0;
	z->cell->names = 0;
	z->cell = NULL;
	if (f->answer == z) // more records of that message may come
		f->answer = NULL;
	f->zones_used--;
	stats_set(&f->stats->flood_zones, f->zones_used);
}

// A new interval begins for the zone; it is released if its flood is long over. False if its report had no room.
static bool begin_interval(struct flood *f, struct flood_zone *z, uint32_t now_s)
{
	if (!report(f, z, now_s))
		return false;
	if (z->whole.sightings > 0)
		notify(f, &z->whole, budget_of(f, z));
	if (z->asked > f->options.names)
		z->level += z->level < LEVEL_MAX;
	else
		z->level /= 2;
	if (z->level == 0) {
		release(f, z);
		return true;
	}
	z->interval = f->interval;
	z->part.names = z->whole.sightings = 0;
	z->asked = z->examples = z->again = z->rdatas = 0;
	memset(&z->distinct, 0, sizeof(z->distinct));
	memset(z->rdata, 0, sizeof(z->rdata));
	return true;
}

static void tell_time(struct flood *f, uint32_t now_s)
{
	if (now_s - f->interval_s < f->options.interval_s)
		return;
	// a little older than the interval: packets are not always in order; much older: a capture of another time
	if (now_s < f->interval_s && f->interval_s - now_s < f->options.interval_s)
		return;
	f->interval_s = now_s;
	f->interval++;
}

void flood_expire(struct flood *f, uint32_t now_s)
{
	struct flood_zone *z = &f->zones[f->expire_at];

	if (f->zones_used == 0)
		return;
	tell_time(f, now_s);
	f->expire_at = (f->expire_at + 1) % FLOOD_ZONES;
	if (!z->cell)
		return;
	if (z->interval != f->interval)
		begin_interval(f, z, now_s);
	else if (now_s - z->reported_s >= f->options.report_s)
		report(f, z, now_s);
}

bool flood_finish(struct flood *f)
{
	for (uint32_t i = 0; i < FLOOD_ZONES && f->zones_used > 0; i++) {
		struct flood_zone *z = &f->zones[i];
		if (!z->cell)
			continue;
		if (!report(f, z, z->part.last_s))
			return false;
		if (z->whole.sightings > 0)
			notify(f, &z->whole, budget_of(f, z));
		release(f, z);
	}
	return true;
}

// zones ──────────────────────────────────────────────────────────────────────────────────────

static struct cell *cell_line(struct flood *f, uint64_t hash)
{
	return &f->cells[(hash >> 32) % (FLOOD_CELLS / WAYS) * WAYS];
}

// The cell of a zone; if there is none, the one with the fewest names makes room. NULL: all in its line are flooded zones.
static struct cell *find_cell(struct flood *f, uint64_t hash)
{
	struct cell *line = cell_line(f, hash), *least = NULL;
	uint32_t tag = (uint32_t)hash | 1, least_names = UINT32_MAX;

	for (unsigned i = 0; i < WAYS; i++) {
		uint32_t names = line[i].interval == f->interval ? line[i].names : 0;
		if (line[i].tag == tag) {
			line[i].names = names;
			line[i].interval = f->interval;
			return &line[i];
		}
		if (line[i].zone == 0 && names < least_names) {
			least = &line[i];
			least_names = names;
		}
	}
	if (least)
		*least = (struct cell){.tag = tag, .interval = f->interval};
	return least;
}

// A zone has gone over its budget.
static struct flood_zone *begin_flood(struct flood *f, struct cell *cell, const uint8_t *name, size_t size,
	uint32_t now_s)
{
	struct flood_zone *z = f->zones;

	if (f->zones_used == FLOOD_ZONES) {
		stats_add(&f->stats->flood_unguarded, 1);
		return NULL;
	}
	while (z->cell)
		z++;
	memset(z, 0, sizeof(*z));
	z->cell = cell;
	z->interval = f->interval;
	z->asked = cell->names;
	z->examples = UINT32_MAX; // the names of its budget were let in
	z->reported_s = now_s;
	memcpy(z->part.zone, name, size);
	z->part.zone_size = (uint8_t)size;
	cell->zone = (uint32_t)(z - f->zones) + 1;
	f->zones_used++;
	stats_set(&f->stats->flood_zones, f->zones_used);
	notify(f, &z->part, f->options.names);
	z->whole = z->part;
	return z;
}

// True if the name has been seen so often that it is not a random one.
static bool comes_again(struct flood_zone *z, uint64_t hash)
{
	uint32_t *seen = &z->seen[hash % SEEN], name = (uint32_t)(hash >> 32) & ~(uint32_t)SEEN_TIMES;

	if ((*seen & ~(uint32_t)SEEN_TIMES) == name && *seen != 0) {
		*seen += (*seen & SEEN_TIMES) < FLOOD_AGAIN;
		return (*seen & SEEN_TIMES) == FLOOD_AGAIN;
	}
	if ((*seen & SEEN_TIMES) > 1)
		--*seen; // a name seen twice is not replaced by one seen once
	else
		*seen = name | 1;
	return false;
}

static bool lets_in(struct flood *f, struct flood_zone *z, uint64_t hash)
{
	uint64_t budget = budget_of(f, z), least = f->options.names / 8;

	z->asked += z->asked < UINT32_MAX;
	if (z->examples < FLOOD_EXAMPLES || z->examples < budget) {
		z->examples++;
		return true;
	}
	if (!comes_again(z, hash) || z->again >= (budget > least ? budget : least))
		return false;
	z->again++;
	return true;
}

static void note_sighting(struct flood_report *r, const uint8_t *owner, size_t size, uint32_t time_s, uint32_t times)
{
	r->sightings += times;
	if (r->sightings == times) {
		memcpy(r->example, owner, size);
		r->example_size = (uint8_t)size;
		r->first_s = r->last_s = time_s;
	}
	if (time_s < r->first_s)
		r->first_s = time_s;
	if (time_s > r->last_s)
		r->last_s = time_s;
}

static struct flood_zone *answer(struct flood *f, const uint8_t *owner, size_t size, uint64_t hash, uint32_t time_s)
{
	size_t at = flood_zone_at(owner, size);

	if (at == 0)
		return NULL;
	tell_time(f, time_s);
	struct cell *cell = find_cell(f, hash_bytes(f->options.key, owner + at, size - at));
	if (!cell)
		return NULL;
	struct flood_zone *z = cell->zone ? &f->zones[cell->zone - 1] : NULL;
	if (z && z->interval != f->interval && begin_interval(f, z, time_s) && !z->cell)
		z = NULL;
	if (!z) {
		if (cell->names < f->options.names) {
			cell->names++;
			return NULL;
		}
		z = begin_flood(f, cell, owner + at, size - at, time_s);
	}
	return z && !lets_in(f, z, hash) ? z : NULL;
}

// True if the record was collapsed in this message already; if not, it is noted.
static bool is_duplicate(struct flood *f, uint64_t record_hash, uint32_t message)
{
	if (f->duplicates_message != message)
		f->duplicates_len = 0;
	f->duplicates_message = message;
	for (uint32_t i = 0; i < f->duplicates_len; i++)
		if (f->duplicates[i] == record_hash)
			return true;
	if (f->duplicates_len < DUPLICATES)
		f->duplicates[f->duplicates_len++] = record_hash;
	return false;
}

bool flood_has(struct flood *f, const uint8_t *owner, size_t size)
{
	size_t at = f->zones_used > 0 ? flood_zone_at(owner, size) : 0;
	uint64_t hash = hash_bytes(f->options.key, owner + at, size - at);
	bool has = false;

	for (unsigned i = 0; at > 0 && i < WAYS; i++)
		has |= cell_line(f, hash)[i].tag == ((uint32_t)hash | 1) && cell_line(f, hash)[i].zone != 0;
	return has;
}

enum flood_answer flood_ask(struct flood *f, const uint8_t *owner, size_t size, uint64_t record_hash, uint32_t message,
	uint32_t time_s, struct flood_zone **zone)
{
	uint64_t hash = hash_bytes(f->options.key, owner, size);

	if (f->message != message || f->name_hash != hash) {
		f->answer = answer(f, owner, size, hash, time_s);
		f->message = message;
		f->name_hash = hash;
	}
	struct flood_zone *z = *zone = f->answer;
	if (!z)
		return FLOOD_LET_IN;
	if (is_duplicate(f, record_hash, message))
		return FLOOD_DUPLICATE;
	hyperloglog_add(&z->distinct, hash);
	note_sighting(&z->part, owner, size, time_s, 1);
	note_sighting(&z->whole, owner, size, time_s, 1);
	stats_add(&f->stats->flood_collapsed, 1);
	return FLOOD_COLLAPSE;
}

void flood_more(struct flood *f, struct flood_zone *z, const uint8_t *owner, size_t size, uint32_t more,
	uint32_t last_s)
{
	note_sighting(&z->part, owner, size, last_s, more);
	note_sighting(&z->whole, owner, size, last_s, more);
	stats_add(&f->stats->flood_collapsed, more);
}

const uint8_t *flood_owner(struct flood *f, const struct flood_zone *z, size_t *size)
{
	memcpy(f->owner, "\1*", 2);
	memcpy(f->owner + 2, z->part.zone, z->part.zone_size);
	*size = 2u + z->part.zone_size;
	memset(f->owner + *size, 0, HASH_BLOCK);
	return f->owner;
}

bool flood_takes_rdata(struct flood_zone *z, uint64_t hash, uint32_t limit)
{
	uint32_t tag = (uint32_t)(hash >> 32) | 1, at = (uint32_t)hash % RDATAS;

	for (; z->rdata[at] != 0; at = (at + 1) % RDATAS)
		if (z->rdata[at] == tag)
			return true;
	if (z->rdatas >= limit)
		return false;
	z->rdatas++;
	z->rdata[at] = tag;
	return true;
}
