// SPDX-License-Identifier: BSD-3-Clause
// The table against a plain model: nothing lost, nothing counted twice, whatever its size.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/table/inline.h"
#include "tests/tools/unit.h"

enum { KEYS = 5000, OWNER_SIZE = 12 };

// What was handed over for each key.
struct seen {
	uint64_t count;
	uint32_t first, last;
	uint32_t new_first; // earliest first seen among the records flagged new
	bool is_new;
};

static struct seen handed[KEYS], model[KEYS];
static unsigned refuse_every; // the sink refuses each n-th record; 0: none
static unsigned offered;
static struct hash_key key;
static bool one_owner; // of all records; else four have one
static unsigned waits; // for room in the sink

static unsigned key_of(const struct record_view *r)
{
	unsigned n;

	memcpy(&n, r->rdata, sizeof(n));
	return n;
}

static size_t rdata_size_of(unsigned n)
{
	if (n % 97 == 0)
		return 3000 + n; // a chain of units
	return n % 10 == 0 ? 200 : n % 3 == 0 ? 16 : 4;
}

static bool take(void *context, const struct record_view *r)
{
	(void)context;
	if (refuse_every && ++offered % refuse_every == 0)
		return false;
	unsigned n = key_of(r);
	CU_ASSERT_FATAL(n < KEYS);
	CU_ASSERT(r->head.rdata_size == rdata_size_of(n));
	CU_ASSERT(r->head.owner_size == OWNER_SIZE && r->owner[1] == 'k');
	for (size_t i = 4; i < r->head.rdata_size; i++)
		if (r->rdata[i] != (uint8_t)(n + i))
			CU_FAIL_FATAL("rdata differs");
	struct seen *s = &handed[n];
	if (s->count == 0 || r->head.last_s > s->last)
		s->last = r->head.last_s;
	if (r->head.flags & RECORD_NEW) {
		if (!s->is_new || r->head.first_s < s->new_first)
			s->new_first = r->head.first_s;
		s->is_new = true;
	}
	s->count += r->head.count;
	return true;
}

static void add(struct table *t, unsigned n, uint32_t time_s)
{
	size_t size = rdata_size_of(n);
	uint8_t *k = table_key(t, 4 + OWNER_SIZE + size);
	uint16_t type = 16;

	memcpy(k, &type, 2);
	k[2] = OWNER_SIZE;
	k[3] = 0;
	memcpy(k + 4, "\012kkkkkkkkkk\0", OWNER_SIZE);
	for (unsigned i = 2, rest = one_owner ? 0 : n / 4; rest > 0; rest /= 10)
		k[4 + i++] = (uint8_t)('0' + rest % 10);
	memcpy(k + 4 + OWNER_SIZE, &n, sizeof(n));
	for (size_t i = 4; i < size; i++)
		k[4 + OWNER_SIZE + i] = (uint8_t)(n + i);
	uint64_t owner_hash = hash_bytes(&key, k + 4, OWNER_SIZE);
	table_add(t, 4 + OWNER_SIZE + size, table_hash(&key, owner_hash, type, k + 4 + OWNER_SIZE, size), time_s);
}

static void expect(unsigned n, uint32_t time_s)
{
	struct seen *s = &model[n];

	if (s->count == 0 || time_s < s->first)
		s->first = time_s;
	if (s->count == 0 || time_s > s->last)
		s->last = time_s;
	s->count++;
}

static void flush_all(struct table *t)
{
	table_settle(t);
	for (uint64_t left = table_buckets(t); left > 0;)
		left -= table_sweep(t, left);
}

// The sink has been emptied.
static void wait_for_room(void *context)
{
	(void)context;
	offered = 0;
	waits++;
}

static struct table *begin_with(const struct table_options *options, struct worker_stats *stats)
{

	memset(handed, 0, sizeof(handed));
	memset(model, 0, sizeof(model));
	memset(stats, 0, sizeof(*stats));
	refuse_every = 0;
	one_owner = false;
	CU_ASSERT_FATAL(hash_key_random(&key) == 0);
	struct table *t = table_new(options, stats);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	return t;
}

static struct table *begin(uint64_t records, struct worker_stats *stats)
{
	return begin_with(&(struct table_options){.records = records, .sink = take}, stats);
}

static void compare(void)
{
	unsigned wrong = 0;

	for (unsigned n = 0; n < KEYS; n++) {
		const struct seen *h = &handed[n], *m = &model[n];
		wrong += h->count != m->count ||
			 (m->count && (h->last != m->last || !h->is_new || h->new_first != m->first));
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void check_accounts(const struct worker_stats *s)
{
	CU_ASSERT_EQUAL(s->rr_taken, s->sightings_flushed + s->sightings_pending + s->lost_no_room);
	CU_ASSERT_EQUAL(s->sightings_pending, 0);
	CU_ASSERT_EQUAL(s->table_inserted - s->table_evicted, s->table_entries);
}

// Random messages of up to five records, times going both ways, sweeps in between.
static void run_random(uint64_t records, unsigned messages, bool of_one_owner)
{
	struct worker_stats stats;
	struct table *t = begin(records, &stats);
	uint64_t duplicates = 0;

	one_owner = of_one_owner;
	srandom(7);
	for (unsigned i = 0; i < messages; i++) {
		unsigned n[5], len = 1 + (unsigned)random() % 5;
		uint32_t time_s = 1000000 + i / 100 - (unsigned)random() % 50;
		table_next_message(t);
		for (unsigned k = 0; k < len; k++) {
			n[k] = (unsigned)random() % ((unsigned)random() % KEYS + 1);
			bool before = false;
			for (unsigned b = 0; b < k; b++)
				before |= n[b] == n[k];
			add(t, n[k], time_s);
			if (before)
				duplicates++;
			else
				expect(n[k], time_s);
		}
		if (i % 7 == 0)
			table_sweep(t, 3);
	}
	flush_all(t);
	CU_ASSERT_EQUAL(stats.rr_duplicate, duplicates);
	compare();
	check_accounts(&stats);
	CU_ASSERT(stats.table_entries <= records);
	table_free(t);
}

static void counts_are_exact(void)
{
	run_random(100000, 200000, false);
}

static void small_table_loses_nothing(void)
{
	run_random(1000, 100000, false);
	run_random(50, 20000, false);
}

// More records than the page of buckets of their owner holds: the others find room elsewhere.
static void one_owner_may_have_many_records(void)
{
	run_random(100000, 200000, true);
	run_random(1000, 100000, true);
}

// Every key once a message: eviction must not change any sum.
static void eviction_keeps_sums(void)
{
	struct worker_stats stats;
	struct table *t = begin(300, &stats);

	for (unsigned i = 0; i < 100000; i++) {
		unsigned n = i * 7919 % KEYS;
		table_next_message(t);
		add(t, n, 5000 + i / 100);
		expect(n, 5000 + i / 100);
		if (i % 1000 == 0)
			table_sweep(t, 10);
	}
	flush_all(t);
	CU_ASSERT(stats.table_evicted > 0);
	compare();
	check_accounts(&stats);
	table_free(t);
}

static void refusing_sink_loses_nothing_that_fits(void)
{
	struct worker_stats stats;
	struct table *t = begin(100000, &stats);

	refuse_every = 3;
	for (unsigned i = 0; i < 50000; i++) {
		table_next_message(t);
		add(t, i % KEYS, 77 + i);
		expect(i % KEYS, 77 + i);
		table_sweep(t, 5);
	}
	flush_all(t);
	compare();
	check_accounts(&stats);
	CU_ASSERT_EQUAL(stats.lost_no_room, 0);
	table_free(t);
}

// Where neither the table nor the sink has room, the loss has a number.
static void losses_are_counted(void)
{
	struct worker_stats stats;
	struct table *t = begin(100, &stats);

	refuse_every = 1;
	for (unsigned i = 0; i < 2000; i++) {
		table_next_message(t);
		add(t, 1 + i % 2000, 9);
	}
	table_settle(t);
	refuse_every = 0;
	flush_all(t);
	CU_ASSERT(stats.lost_no_room >= 1800);
	check_accounts(&stats);
	table_free(t);
}

// A record that stands twice in a message counts once, also where the table has no room to remember it.
static void doubles_count_once_in_a_full_table(void)
{
	struct worker_stats stats;
	struct table *t = begin(40, &stats);
	enum { MESSAGES = 20, RECORDS = 120 };

	for (unsigned i = 0; i < MESSAGES; i++) {
		table_next_message(t);
		for (unsigned k = 0; k < 3 * RECORDS; k++)
			add(t, 1 + i * 7 + k % RECORDS, 50 + i);
		for (unsigned k = 0; k < RECORDS; k++)
			expect(1 + i * 7 + k, 50 + i);
	}
	flush_all(t);
	CU_ASSERT(stats.table_passed > 0 && stats.table_evicted > 0);
	CU_ASSERT_EQUAL(stats.rr_duplicate, 2 * MESSAGES * RECORDS);
	compare();
	check_accounts(&stats);
	table_free(t);
}

// A capture waits for the sink instead, whatever the table's size. Half of the records are seen again, some have long keys.
static void a_capture_loses_nothing(void)
{
	for (uint64_t records = 40; records <= 4000; records *= 10) {
		struct worker_stats stats;
		struct table *t = begin_with(
			&(struct table_options){.records = records, .sink = take, .wait = wait_for_room}, &stats);
		waits = offered = 0;
		refuse_every = 7;
		for (unsigned i = 0; i < 30000; i++) {
			unsigned n = i % 2 ? i * 7919 % KEYS : i % 2000;
			table_next_message(t);
			add(t, n, 1000 + i);
			expect(n, 1000 + i);
		}
		table_settle(t);
		CU_ASSERT(waits > 1000);
		refuse_every = 0;
		flush_all(t);
		compare();
		check_accounts(&stats);
		CU_ASSERT_EQUAL(stats.lost_no_room, 0);
		table_free(t);
	}
}

// Evicted records of a capture, summed up, and how many there were.
static uint64_t evicted_with(unsigned sweep_every, uint64_t *sum)
{
	struct worker_stats stats;
	struct table *t =
		begin_with(&(struct table_options){.records = 500, .sink = take, .wait = wait_for_room}, &stats);

	key = (struct hash_key){{1, 2, 3, 4, 5, 6, 7, 8}};
	srandom(11);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned n = (unsigned)random() % ((unsigned)random() % KEYS + 1);
		table_next_message(t);
		add(t, n, 1000 + i / 10);
		if (sweep_every && i % sweep_every == 0)
			table_sweep(t, 40);
	}
	table_settle(t);
	*sum = 0;
	for (uint64_t i = 0; i < table_buckets(t); i++)
		for (unsigned slot = 0; slot < TABLE_BUCKET_SLOTS; slot++)
			if (t->buckets[i].tag[slot])
				*sum += hash_bytes(&key, t->units[t->buckets[i].unit[slot]].key, TABLE_FIRST_LINE);
	uint64_t evicted = stats.table_evicted;
	table_free(t);
	return evicted;
}

// Which records of a capture stay depends on its sightings alone, whenever the sweep comes.
static void sweeps_do_not_choose_what_stays(void)
{
	uint64_t sum, other, evicted = evicted_with(0, &sum);

	CU_ASSERT(evicted > 1000);
	for (unsigned every = 1; every < 2000; every *= 5) {
		CU_ASSERT_EQUAL(evicted_with(every, &other), evicted);
		CU_ASSERT_EQUAL(other, sum);
	}
}

static void hot_records_outlive_a_flood(table_wait *wait)
{
	struct worker_stats stats;
	struct table *t = begin_with(&(struct table_options){.records = 2000, .sink = take, .wait = wait}, &stats);
	uint64_t inserted = 0;

	for (unsigned round = 0; round < 20; round++) {
		for (unsigned hot = 0; hot < 200; hot++) {
			table_next_message(t);
			add(t, 1 + hot * 3, 100 + round);
		}
		for (unsigned i = 0; i < 3000; i++) { // seen once in a long while
			table_next_message(t);
			add(t, 601 + (round * 3000 + i) % 4300, 100 + round);
		}
		flush_all(t);
		inserted = stats.table_inserted;
		for (unsigned hot = 0; hot < 200; hot++) {
			table_next_message(t);
			add(t, 1 + hot * 3, 100 + round);
		}
		table_settle(t);
	}
	CU_ASSERT(stats.table_inserted - inserted <= 10); // of 200; on a replay a bucket may hold nothing but such
	table_free(t);
}

static void hot_records_outlive_a_flood_live(void)
{
	hot_records_outlive_a_flood(NULL);
}

static void hot_records_outlive_a_flood_replayed(void)
{
	hot_records_outlive_a_flood(wait_for_room);
}

// A record twice in a message counts once, and the number of that message is forgotten when the record
// is handed over: a sighting of the same number later is another one.
static void message_numbers_do_not_linger(void)
{
	struct worker_stats stats;
	struct table *t = begin(1000, &stats);

	table_next_message(t);
	add(t, 1, 10);
	add(t, 1, 10);
	flush_all(t);
	add(t, 2, 10);
	add(t, 2, 10);
	flush_all(t);
	CU_ASSERT_EQUAL(stats.rr_duplicate, 2);
	CU_ASSERT_EQUAL(handed[1].count, 1);
	CU_ASSERT_EQUAL(handed[2].count, 1);
	table_free(t);
}

// One sighting of the root's record with that RDATA.
static void add_root(struct table *t, uint16_t type, const uint8_t *rdata, size_t size)
{
	uint8_t owner[HASH_BLOCK] = {0};
	uint8_t *k = table_key(t, TABLE_KEY_HEAD + 1 + size);
	uint32_t head = type | 1u << 16;

	memcpy(k, &head, sizeof(head));
	k[TABLE_KEY_HEAD] = 0;
	memcpy(k + TABLE_KEY_HEAD + 1, rdata, size);
	table_add(t, TABLE_KEY_HEAD + 1 + size, table_hash(&key, hash_padded(&key, owner, 1), type, rdata, size), 2);
}

static bool take_any(void *context, const struct record_view *record)
{
	(void)context;
	(void)record;
	return true;
}

// A record is given up while a sighting of it waits, and its units become those of a key whose octets look like a unit's header.
static void given_up_units_are_not_believed(void)
{
	struct worker_stats stats = {0};
	struct table *t = table_new(&(struct table_options){.records = 100, .sink = take_any}, &stats);
	uint8_t victim[105] = {0}, forged[119] = {0}, owner[HASH_BLOCK] = {0};
	const uint32_t head = 65280 | 1u << 16, next = 0xfffffff0;
	const uint16_t victim_size = TABLE_KEY_HEAD + 1 + sizeof(victim);
	const size_t more = TABLE_INLINE - TABLE_KEY_HEAD - 1; // where the further unit begins in RDATA

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_FATAL(hash_key_random(&key) == 0);
	memcpy(forged + more + 8, &victim_size,
		sizeof(victim_size)); // what follows `next` and `zero` of a further unit
	memcpy(forged + more + 12, &next, sizeof(next));
	memcpy(forged + more + 16, &head, sizeof(head));
	table_next_message(t);
	add_root(t, 65280, victim, sizeof(victim));
	for (uint32_t i = 0; i < 98; i++) { // two units and these fill the table
		table_next_message(t);
		add_root(t, 300, (const uint8_t *)&i, sizeof(i));
	}
	for (int i = 0; i < 3; i++) // all idle
		table_sweep(t, table_buckets(t));
	CU_ASSERT_EQUAL(t->free_len, 0);
	t->hand = bucket_first(t, table_hash(&key, hash_padded(&key, owner, 1), 65280, victim, sizeof(victim)));
	struct table_bucket *b = &t->buckets[t->hand];
	for (unsigned slot = 0; slot < TABLE_BUCKET_SLOTS; slot++)
		if (b->tag[slot] && table_key_size(&t->units[b->unit[slot]]) != victim_size)
			table_meta_set(b, TABLE_META_REPEATED, slot); // worth more than the victim
	table_next_message(t);
	add_root(t, 65281, forged, sizeof(forged));
	table_next_message(t);
	add_root(t, 65280, victim, sizeof(victim));
	table_settle(t);
	CU_ASSERT_EQUAL(stats.table_inserted, 101); // the victim came in again
	table_free(t);
}

// How many records of the first page of buckets are recent.
static unsigned recent(const struct table *t)
{
	unsigned records = 0;

	for (unsigned i = 0; i < TABLE_PAGE_BUCKETS; i++)
		records += (unsigned)__builtin_popcount(
			t->buckets[i].meta >> TABLE_META_RECENT & ((1u << TABLE_BUCKET_SLOTS) - 1));
	return records;
}

// A sink that refuses in the middle of a bucket: what was handed over before is as recent as the rest.
static void refusal_ages_nothing(void)
{
	struct worker_stats stats;
	struct table *t = begin(100, &stats); // one page of buckets, several of which hold more than one record
	uint64_t swept = 0;
	unsigned sweeps = 0;

	CU_ASSERT_EQUAL_FATAL(table_buckets(t), TABLE_PAGE_BUCKETS);
	for (unsigned n = 1; n <= 90; n++) {
		if (table_units_of(4 + OWNER_SIZE + rdata_size_of(n)) > 1)
			continue;
		table_next_message(t);
		add(t, n, 10);
	}
	table_settle(t);
	unsigned records = (unsigned)stats.table_entries;
	refuse_every = 2;
	offered = 0;
	for (; swept < TABLE_PAGE_BUCKETS; sweeps++)
		swept += table_sweep(t, TABLE_PAGE_BUCKETS - swept);
	CU_ASSERT(records > 70 && sweeps > records / 2);
	CU_ASSERT_EQUAL(stats.flush_records, records);
	refuse_every = 0;
	CU_ASSERT_EQUAL(recent(t), records);
	CU_ASSERT_EQUAL(table_sweep(t, TABLE_PAGE_BUCKETS), TABLE_PAGE_BUCKETS); // a round later all are idle
	CU_ASSERT_EQUAL(recent(t), 0);
	table_free(t);
}

// A table with one record, seen nearly as often as its counter can hold and not handed over.
static struct table *begin_nearly_full(const struct table_options *options, struct worker_stats *stats,
	struct table_unit **unit)
{
	struct table *t = begin_with(options, stats);

	table_next_message(t);
	add(t, 1, 10);
	table_settle(t);
	struct table_bucket *b = t->buckets;
	while (b->meta == 0)
		b++;
	struct table_unit *u = *unit = &t->units[b->unit[__builtin_ctz(b->meta)]];
	t->pending_sightings += UINT32_MAX - 2 - u->count;
	stats->rr_taken += UINT32_MAX - 2 - u->count;
	u->count = UINT32_MAX - 2;
	return t;
}

static void add_five(struct table *t)
{
	for (int i = 0; i < 5; i++) {
		table_next_message(t);
		add(t, 1, 20);
	}
	table_settle(t);
}

// A record is seen more often than its counter can hold: it is handed over.
static void a_full_counter_is_handed_over(void)
{
	for (int replayed = 0; replayed < 2; replayed++) {
		struct worker_stats stats;
		struct table_unit *u;
		const struct table_options options = {.records = 100,
			.sink = take,
			.wait = replayed ? wait_for_room : NULL};
		struct table *t = begin_nearly_full(&options, &stats, &u);
		refuse_every = replayed ? 2 : 0;
		offered = 1; // a replayed one is refused first
		add_five(t);
		CU_ASSERT_EQUAL(handed[1].count, UINT32_MAX);
		CU_ASSERT_EQUAL(u->count, 3);
		CU_ASSERT_EQUAL(stats.lost_no_room, 0);
		refuse_every = 0;
		flush_all(t);
		CU_ASSERT_EQUAL(handed[1].count, (uint64_t)UINT32_MAX + 3);
		check_accounts(&stats);
		table_free(t);
	}
}

// The same while no frame is free: what is not counted has a number.
static void a_full_counter_loses_nothing_in_silence(void)
{
	struct worker_stats stats;
	struct table_unit *u;
	struct table *t = begin_nearly_full(&(struct table_options){.records = 100, .sink = take}, &stats, &u);

	refuse_every = 1;
	add_five(t);
	CU_ASSERT_EQUAL(u->count, UINT32_MAX);
	CU_ASSERT_EQUAL(stats.lost_no_room, 3);
	refuse_every = 0;
	flush_all(t);
	CU_ASSERT_EQUAL(handed[1].count, UINT32_MAX);
	check_accounts(&stats);
	table_free(t);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"counts are exact", counts_are_exact},
		{"a small table loses nothing", small_table_loses_nothing},
		{"one owner may have many records", one_owner_may_have_many_records},
		{"eviction keeps sums", eviction_keeps_sums},
		{"a refusing sink loses nothing that fits", refusing_sink_loses_nothing_that_fits},
		{"losses are counted", losses_are_counted},
		{"a capture loses nothing", a_capture_loses_nothing},
		{"sweeps do not choose what stays", sweeps_do_not_choose_what_stays},
		{"doubles count once in a full table", doubles_count_once_in_a_full_table},
		{"hot records outlive a flood", hot_records_outlive_a_flood_live},
		{"hot records outlive a flood, replayed", hot_records_outlive_a_flood_replayed},
		{"message numbers do not linger", message_numbers_do_not_linger},
		{"given up units are not believed", given_up_units_are_not_believed},
		{"a refusal ages nothing", refusal_ages_nothing},
		{"a full counter is handed over", a_full_counter_is_handed_over},
		{"a full counter loses nothing in silence", a_full_counter_loses_nothing_in_silence},
	};
	return unit_run("table", tests, sizeof(tests) / sizeof(tests[0]));
}
