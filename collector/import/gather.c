// SPDX-License-Identifier: BSD-3-Clause
#include "collector/import/gather.h"

#include "dataplane/base/hash.h"

#include <stdlib.h>

enum {
	RECORDS = 1 << 17,
	SLOTS = 2 * RECORDS,  // of both hash tables
	TEXT_SIZE = 40 << 20, // of all names, types and RDATA
	TOTALS_FIRST = 1 << 12,
	TOTALS_MAX = 1 << 25, // of the event records of an import
	NONE = UINT32_MAX
};

struct owner {
	uint32_t text, len, first; // `first`: its newest record
	uint32_t hash;
};

// type, blank, RDATA in the text
struct gathered {
	uint32_t owner, next, text, type_len, rdata_len;
	uint32_t hash;
	uint32_t first, last;
	int64_t events, total;
};

// What was given out for an event record, by two hashes of its text.
struct total {
	uint64_t hash[2];
	int64_t count;
};

struct import_gather {
	bool add;
	import_owner_sink *sink;
	void *arg;
	struct hash_key key[2];
	struct owner owners[RECORDS];
	struct gathered records[RECORDS];
	uint32_t owner_slots[SLOTS], record_slots[SLOTS]; // number of the owner, of the record; NONE: free
	size_t owners_len, records_len, used;
	struct total *totals;
	size_t totals_len, totals_slots;
	uint64_t forgotten;
	char text[TEXT_SIZE];
};

static uint64_t hash_text(const struct hash_key *key, const char *text, size_t len)
{
	return hash_bytes(key, (const uint8_t *)text, len);
}

static void forget_all(struct import_gather *g)
{
	g->owners_len = g->records_len = g->used = 0;
	memset(g->owner_slots, 0xff, sizeof(g->owner_slots));
	memset(g->record_slots, 0xff, sizeof(g->record_slots));
}

struct import_gather *import_gather_new(bool add, import_owner_sink *sink, void *arg)
{
	struct import_gather *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->add = add;
	g->sink = sink;
	g->arg = arg;
	if (hash_key_random(&g->key[0]) != 0 || hash_key_random(&g->key[1]) != 0) {
		free(g);
		return NULL;
	}
	forget_all(g);
	return g;
}

void import_gather_free(struct import_gather *g)
{
	if (g)
		free(g->totals);
	free(g);
}

uint64_t import_gather_forgotten(const struct import_gather *g)
{
	return g->forgotten;
}

static uint32_t keep(struct import_gather *g, const char *text, size_t len)
{
	uint32_t at = (uint32_t)g->used;

	memcpy(g->text + at, text, len);
	g->used += len;
	return at;
}

static uint32_t find_owner(struct import_gather *g, const struct query_record *r)
{
	uint32_t hash = (uint32_t)hash_text(&g->key[0], r->owner, r->owner_len), slot = hash % SLOTS;

	for (; g->owner_slots[slot] != NONE; slot = (slot + 1) % SLOTS) {
		const struct owner *o = &g->owners[g->owner_slots[slot]];
		if (o->hash == hash && o->len == r->owner_len && memcmp(g->text + o->text, r->owner, o->len) == 0)
			return g->owner_slots[slot];
	}
	uint32_t number = (uint32_t)g->owners_len++;
	g->owners[number] = (struct owner){.text = keep(g, r->owner, r->owner_len),
		.len = (uint32_t)r->owner_len,
		.first = NONE,
		.hash = hash};
	return g->owner_slots[slot] = number;
}

static bool is_same(const struct import_gather *g, const struct gathered *k, uint32_t owner,
	const struct query_record *r)
{
	const char *text = g->text + k->text;

	return k->owner == owner && k->type_len == r->type_len && k->rdata_len == r->rdata_len &&
	       memcmp(text, r->type, r->type_len) == 0 && memcmp(text + r->type_len, r->rdata, r->rdata_len) == 0;
}

static struct gathered *find_record(struct import_gather *g, const struct query_record *r)
{
	uint32_t owner = find_owner(g, r);
	uint64_t mixed = hash_text(&g->key[0], r->rdata, r->rdata_len) + hash_text(&g->key[1], r->type, r->type_len);
	uint32_t hash = (uint32_t)(mixed >> 32) ^ (uint32_t)mixed ^ (owner * 0x9e3779b1u), slot = hash % SLOTS;

	for (; g->record_slots[slot] != NONE; slot = (slot + 1) % SLOTS) {
		struct gathered *k = &g->records[g->record_slots[slot]];
		if (k->hash == hash && is_same(g, k, owner, r))
			return k;
	}
	uint32_t number = (uint32_t)g->records_len++;
	struct gathered *k = &g->records[number];
	*k = (struct gathered){.owner = owner,
		.next = g->owners[owner].first,
		.text = keep(g, r->type, r->type_len),
		.type_len = (uint32_t)r->type_len,
		.rdata_len = (uint32_t)r->rdata_len,
		.hash = hash,
		.first = UINT32_MAX};
	keep(g, r->rdata, r->rdata_len);
	g->owners[owner].first = g->record_slots[slot] = number;
	return k;
}

static int64_t sum(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

bool import_gather_put(struct import_gather *g, const struct query_record *r, bool is_event)
{
	size_t size = r->owner_len + r->type_len + r->rdata_len;

	if ((g->records_len == RECORDS || size > TEXT_SIZE - g->used) && !import_gather_flush(g))
		return false;
	struct gathered *k = find_record(g, r);
	k->first = r->first < k->first ? (uint32_t)r->first : k->first;
	k->last = r->last > k->last ? (uint32_t)r->last : k->last;
	if (is_event)
		k->events = sum(k->events, r->count);
	else
		k->total = g->add ? sum(k->total, r->count) : r->count > k->total ? r->count : k->total;
	return true;
}

// --- what was given out before

static bool grow_totals(struct import_gather *g)
{
	size_t slots = g->totals_slots ? 2 * g->totals_slots : TOTALS_FIRST;
	struct total *old = g->totals, *grown = slots <= TOTALS_MAX * 2u ? calloc(slots, sizeof(*grown)) : NULL;

	if (!grown)
		return false;
	for (size_t i = 0; i < g->totals_slots; i++) {
		if (old[i].count == 0)
			continue;
		size_t slot = old[i].hash[0] & (slots - 1);
		while (grown[slot].count != 0)
			slot = (slot + 1) & (slots - 1);
		grown[slot] = old[i];
	}
	free(old);
	g->totals = grown;
	g->totals_slots = slots;
	return true;
}

// The sum of all events of a record.
static int64_t events_of(struct import_gather *g, const struct owner *o, const struct gathered *k)
{
	uint64_t hash[2];

	if (g->totals_len * 4 >= g->totals_slots * 3 && !grow_totals(g)) {
		g->forgotten++;
		return k->events;
	}
	for (int i = 0; i < 2; i++)
		hash[i] = hash_text(&g->key[i], g->text + o->text, o->len) * 0x9e3779b97f4a7c15u +
			  hash_text(&g->key[i], g->text + k->text, k->type_len + k->rdata_len);
	size_t slot = hash[0] & (g->totals_slots - 1);
	while (g->totals[slot].count != 0 && (g->totals[slot].hash[0] != hash[0] || g->totals[slot].hash[1] != hash[1]))
		slot = (slot + 1) & (g->totals_slots - 1);
	struct total *t = &g->totals[slot];
	if (t->count == 0) {
		*t = (struct total){.hash = {hash[0], hash[1]}};
		g->totals_len++;
	}
	return t->count = sum(t->count, k->events);
}

static int64_t count_of(struct import_gather *g, const struct owner *o, const struct gathered *k)
{
	if (g->add)
		return sum(k->events, k->total);
	int64_t events = k->events > 0 ? events_of(g, o, k) : 0;
	return events > k->total ? events : k->total;
}

static bool give_out(struct import_gather *g, const struct owner *o)
{
	struct query_record records[IMPORT_OWNER_RECORDS];
	size_t len = 0;

	for (uint32_t i = o->first; i != NONE; i = g->records[i].next) {
		const struct gathered *k = &g->records[i];
		records[len++] = (struct query_record){.owner = g->text + o->text,
			.owner_len = o->len,
			.type = g->text + k->text,
			.type_len = k->type_len,
			.rdata = g->text + k->text + k->type_len,
			.rdata_len = k->rdata_len,
			.first = k->first,
			.last = k->last,
			.count = count_of(g, o, k)};
		if (len == IMPORT_OWNER_RECORDS || k->next == NONE) {
			if (!g->sink(g->arg, records, len))
				return false;
			len = 0;
		}
	}
	return true;
}

bool import_gather_flush(struct import_gather *g)
{
	bool more = true;

	for (size_t i = 0; i < g->owners_len && more; i++)
		more = give_out(g, &g->owners[i]);
	forget_all(g);
	return more;
}
