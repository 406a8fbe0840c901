// SPDX-License-Identifier: BSD-3-Clause
// Look-up, insertion and the pipeline; table.h draws the layout.
#include "dataplane/table/inline.h"

#include <stdlib.h>
#include <string.h>

#include "dataplane/base/octets.h"

#ifdef __AVX2__
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

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
	t->unit_memory = memory_map(t->units_len * sizeof(*t->units), options->huge_pages);
	t->buckets = t->bucket_memory.at;
	t->units = t->unit_memory.at;
	if (!t->buckets || !t->units || !table_flood_begin(t, options, stats)) {
		table_free(t);
		return NULL;
	}
	stats_set(&stats->table_capacity, options->records);
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	memory_unmap(&t->bucket_memory);
	memory_unmap(&t->unit_memory);
	flood_free(t->flood);
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

uint8_t *table_key(struct table *t, size_t size_max)
{
	t->key_is_long = size_max > TABLE_KEY_SHORT;
	if (t->key_is_long)
		return t->long_key;
	uint8_t *key = table_prepare(t, 0)->key;
	memset(key, 0, TABLE_FIRST_LINE + 8);
	return key;
}

void table_publish(struct table *t)
{
	t->pending_sightings += t->hits;
	stats_add(&t->stats->rr_taken, t->hits);
	stats_add(&t->stats->table_hits, t->hits);
	stats_set(&t->stats->sightings_pending, t->pending_sightings);
	t->hits = 0;
}

static inline uint16_t tag_of(uint64_t hash)
{
	return (uint16_t)(hash | 1); // 0 is a free slot
}

// Anywhere but in the page of the first, where there is more than one.
static inline uint64_t second_bucket(const struct table *t, uint64_t hash)
{
	uint64_t len = table_buckets(t), at = ((hash * 0x9e3779b97f4a7c15u) >> 32) * len >> 32;

	if (at / TABLE_PAGE_BUCKETS ==
		table_first_bucket(t, hash) / TABLE_PAGE_BUCKETS) // an owner may have filled that
		at = at + TABLE_PAGE_BUCKETS < len ? at + TABLE_PAGE_BUCKETS : at % TABLE_PAGE_BUCKETS;
	return at;
}

// Two bits for each slot whose tag is `tag`.
static inline uint32_t match_tags(const struct table_bucket *b, uint16_t tag)
{
#ifdef __AVX2__
	__m256i line = _mm256_load_si256((const __m256i *)b->tag); // the tags and what stands behind them
	uint32_t mask = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(line, _mm256_set1_epi16((short)tag)));
	return mask & ((1u << 2 * TABLE_BUCKET_SLOTS) - 1);
#elif defined(__SSE2__)
	__m128i wanted = _mm_set1_epi16((short)tag);
	__m128i low = _mm_load_si128((const __m128i *)b->tag), high = _mm_loadu_si128((const __m128i *)(b->tag + 8));
	uint32_t mask = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(high, wanted)) << 16 |
			(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(low, wanted));
	return mask & ((1u << 2 * TABLE_BUCKET_SLOTS) - 1);
#else
	uint32_t mask = 0;
	for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
		mask |= (uint32_t)(b->tag[i] == tag) * 3 << 2 * i;
	return mask;
#endif
}

static inline unsigned first_slot(uint32_t mask)
{
	return (unsigned)__builtin_ctz(mask) / 2;
}

static inline bool equal8(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t differ = 0;

	for (size_t i = 0; i < size; i += 8) // both are zero-padded
		differ |= hash_load64(a + i) ^ hash_load64(b + i);
	return differ == 0;
}

static bool equal_more(const struct table *t, const struct table_unit *u, const uint8_t *key, size_t size)
{
	uint32_t next = u->next;

	key += TABLE_INLINE;
	size -= TABLE_INLINE;
	for (; size > 0; next = table_more(t, next)->next) {
		size_t part = size < TABLE_MORE ? size : TABLE_MORE;
		if (memcmp(table_more(t, next)->key, key, part) != 0)
			return false;
		key += part;
		size -= part;
	}
	return true;
}

// Keys that lie in the first cache line of a unit, which is most of them: all of the line at once, by two loads that overlap.
static inline bool equal_first_line(const uint8_t *a, const uint8_t *b)
{
	_Static_assert(TABLE_FIRST_LINE == 8 + OCTETS, "two blocks reach its end");
	return octets_none((octets_load(a) ^ octets_load(b)) | (octets_load(a + 8) ^ octets_load(b + 8)));
}

static inline bool equal_key(const struct table *t, const struct table_unit *u, const uint8_t *key, uint32_t size)
{
	if (__builtin_expect(table_key_size(u) != size, 0))
		return false;
	if (__builtin_expect(size <= TABLE_FIRST_LINE, 1))
		return equal_first_line(u->key, key);
	if (size <= TABLE_INLINE)
		return equal8(u->key, key, size);
	return equal8(u->key, key, TABLE_INLINE) && equal_more(t, u, key, size);
}

// The slot of a key in one bucket, or -1.
static inline int find_in(const struct table *t, const struct table_bucket *b, uint16_t tag, const uint8_t *key,
	uint32_t size)
{
	for (uint32_t mask = match_tags(b, tag); mask; mask &= ~(3u << 2 * first_slot(mask))) {
		unsigned slot = first_slot(mask);
		if (equal_key(t, &t->units[b->unit[slot]], key, size))
			return (int)slot;
	}
	return -1;
}

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

// A free slot for a key: in its first bucket, else in its second, else where one may be given up.
static struct table_bucket *find_slot(struct table *t, uint64_t hash, unsigned *slot)
{
	struct table_bucket *first = &t->buckets[table_first_bucket(t, hash)];
	struct table_bucket *second = &t->buckets[second_bucket(t, hash)], *found;
	uint32_t mask = match_tags(first, 0);

	if (mask) {
		*slot = first_slot(mask);
		return first;
	}
	mask = match_tags(second, 0);
	if (mask) {
		*slot = first_slot(mask);
		found = second;
	} else {
		found = table_evict_slot(t, first, second, slot);
	}
	if (found == second)
		first->meta |= TABLE_META_OVERFLOWED;
	return found;
}

void table_insert(struct table *t, uint64_t hash, const uint8_t *key, uint32_t size, uint32_t time_s, uint32_t message)
{
	uint32_t units = table_units_of(size);
	unsigned slot;

	t->inserting = message;
	bool room = units <= t->free_len || table_make_room(t, units);
	struct table_bucket *b = room ? find_slot(t, hash, &slot) : NULL;
	if (!b) {
		table_pass_by(t, hash, key, size, time_s, message);
		return;
	}
	stats_add(&t->stats->rr_taken, 1);
	uint32_t unit = store_key(t, key, size);
	struct table_unit *u = &t->units[unit];
	u->first_s = u->last_s = time_s;
	u->count = 1;
	u->message = message;
	u->flags = RECORD_NEW;
	b->tag[slot] = tag_of(hash);
	b->unit[slot] = unit;
	table_meta_set(b, TABLE_META_CHANGED, slot);
	stats_add(&t->stats->table_inserted, 1);
	stats_add(&t->stats->table_entries, 1);
	t->pending_sightings++;
}

// The collector has been away for so long that the record's counter has gone round. Without room in the sink it stays full,
// and the sighting is lost.
static __attribute__((noinline, cold)) void count_over(struct table *t, struct table_bucket *b, unsigned slot,
	struct table_unit *u)
{
	u->count = UINT32_MAX;
	if (table_hand_over_now(t, b, slot)) {
		u->count = 1;
		return;
	}
	t->pending_sightings--; // as it will be counted among the hits
	stats_add(&t->stats->lost_no_room, 1);
}

static inline void count_again(struct table *t, struct table_bucket *b, unsigned slot, struct table_unit *u,
	uint32_t time_s, uint32_t message)
{
	if (__builtin_expect(u->message == message, 0)) {
		stats_add(&t->stats->rr_duplicate, 1);
		return;
	}
	if (__builtin_expect(++u->count == 0, 0))
		count_over(t, b, slot, u);
	u->message = message;
	u->last_s = time_s > u->last_s ? time_s : u->last_s;
	if (__builtin_expect(time_s < u->first_s, 0)) {
		u->first_s = time_s;
		u->flags |= RECORD_NEW;
	}
	uint32_t marks = (1u << TABLE_META_CHANGED | 1u << TABLE_META_REPEATED) << slot;
	if (__builtin_expect((b->meta & marks) != marks, 0)) // a line that is not written need not go back to memory
		b->meta |= marks;
	t->hits++;
}

// The bucket and slot of a record, or NULL.
static struct table_bucket *find(struct table *t, uint64_t hash, const uint8_t *key, uint32_t size, unsigned *slot)
{
	struct table_bucket *b = &t->buckets[table_first_bucket(t, hash)];
	uint16_t tag = tag_of(hash);
	int found = find_in(t, b, tag, key, size);

	if (found < 0 && b->meta & TABLE_META_OVERFLOWED) {
		b = &t->buckets[second_bucket(t, hash)];
		found = find_in(t, b, tag, key, size);
	}
	*slot = (unsigned)found;
	return found >= 0 ? b : NULL;
}

// Finds the record and counts, or takes it in.
static __attribute__((noinline)) void count(struct table *t, uint64_t hash, const uint8_t *key, uint32_t size,
	uint32_t time_s, uint32_t message)
{
	unsigned slot;
	struct table_bucket *b = find(t, hash, key, size, &slot);

	if (b)
		count_again(t, b, slot, &t->units[b->unit[slot]], time_s, message);
	else if (__builtin_expect(t->passed_message == message, 0) && table_was_passed(t, hash, message))
		stats_add(&t->stats->rr_duplicate, 1);
	else if (!t->flood || !table_collapse(t, hash, key, size, time_s, message))
		table_insert(t, hash, key, size, time_s, message);
}

bool table_count_again(struct table *t, uint64_t hash, const uint8_t *key, uint32_t size, uint32_t time_s,
	uint32_t message)
{
	unsigned slot;
	struct table_bucket *b = find(t, hash, key, size, &slot);

	if (!b)
		return false;
	struct table_unit *u = &t->units[b->unit[slot]];
	u->message = ~message;
	count_again(t, b, slot, u, time_s, message);
	return true;
}

// The middle stage: the bucket has come, ask for the unit.
static inline void ask_for_unit(struct table *t, struct table_pending *p)
{
	const struct table_bucket *b = &t->buckets[p->bucket];
	uint32_t mask = match_tags(b, tag_of(p->hash));

	p->candidate = TABLE_NO_UNIT; // its key is empty and equals none
	if (__builtin_expect(mask != 0, 1)) {
		p->slot = (uint16_t)first_slot(mask);
		p->candidate = b->unit[p->slot];
		const char *unit = (const char *)&t->units[p->candidate];
		__builtin_prefetch(unit, 1);
		__builtin_prefetch(unit + (p->size > TABLE_FIRST_LINE ? 64 : 0)); // no branch: sizes are not foretold
	}
}

// The last stage. The candidate is nearly always it; if it is still there, nothing else is looked at. That comes
// first: a unit given up since may be the further unit of another key, whose octets are no header.
static inline void count_pending(struct table *t, struct table_pending *p)
{
	struct table_bucket *b = &t->buckets[p->bucket];
	struct table_unit *u = &t->units[p->candidate];

	if (__builtin_expect(b->unit[p->slot] == p->candidate && equal_key(t, u, p->key, p->size), 1))
		count_again(t, b, p->slot, u, p->time_s, p->message);
	else
		count(t, p->hash, p->key, p->size, p->time_s, p->message);
}

// A batch whose units have come is counted, the units of the next are asked for, the buckets of the
// one after that. Asking for the eight of a batch in one go lets their misses, of the address
// translation too, overlap. A batch never wraps: it begins at a multiple of its size.
void table_move_pipeline(struct table *t)
{
	if (t->units_asked != t->done) {
		struct table_pending *p = &t->pending[t->done % TABLE_PENDING];
		for (int i = 0; i < TABLE_BATCH; i++)
			count_pending(t, p + i);
		t->done += TABLE_BATCH;
	}
	if (t->units_asked != t->buckets_asked) {
		struct table_pending *p = &t->pending[t->units_asked % TABLE_PENDING];
		for (int i = 0; i < TABLE_BATCH; i++)
			ask_for_unit(t, p + i);
		t->units_asked += TABLE_BATCH;
	}
	struct table_pending *p = &t->pending[t->buckets_asked % TABLE_PENDING];
	for (int i = 0; i < TABLE_BATCH; i++)
		__builtin_prefetch(&t->buckets[p[i].bucket], 1);
	t->buckets_asked += TABLE_BATCH;
}

void table_settle(struct table *t)
{
	for (; t->units_asked != t->added; t->units_asked++)
		ask_for_unit(t, &t->pending[t->units_asked % TABLE_PENDING]);
	for (; t->done != t->added; t->done++)
		count_pending(t, &t->pending[t->done % TABLE_PENDING]);
	t->added = t->units_asked = t->done = t->buckets_asked = 0; // batches begin at multiples of their size
	table_publish(t);
}

void table_add(struct table *t, size_t size, uint64_t hash, uint32_t time_s)
{
	if (__builtin_expect(!t->key_is_long, 1)) {
		struct table_pending *p = table_prepare(t, 0);
		memset(p->key + size, 0, 8);
		table_prepared(t, p, size, hash, time_s);
		table_commit(t, 1);
		return;
	}
	memset(t->long_key + size, 0, TABLE_FIRST_LINE); // what comparisons read behind a key
	table_settle(t);
	count(t, hash, t->long_key, (uint32_t)size, time_s, t->message);
}
