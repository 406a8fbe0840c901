// SPDX-License-Identifier: BSD-3-Clause
// Sightings that are counted first and reach their records later: the sums are those of sightings one by one.
#include <string.h>

#include "dataplane/table/collapse.h"
#include "dataplane/table/inline.h"
#include "tests/tools/unit.h"

enum { OWNER_SIZE = 19 };

static const struct hash_key key = {{3, 5, 7, 11, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 23}};
static struct worker_stats stats;
static struct {
	uint64_t records, sightings, flooded, last_count;
	uint32_t first_s, last_s;
	bool is_new;
} handed;
static bool refuses;

static bool take(void *context, const struct record_view *r)
{
	if (refuses)
		return false;
	if (r->head.flags & RECORD_FLOOD)
		return true;
	handed.records++;
	handed.sightings += r->head.count;
	handed.flooded += r->owner[1] == '*' ? r->head.count : 0;
	handed.last_count = r->head.count;
	handed.first_s = r->head.first_s;
	handed.last_s = r->head.last_s;
	handed.is_new = r->head.flags & RECORD_NEW;
	return true;
}

// Prepares the record n<n>.example.com. A 1.2.3.<i> as the i-th of its message.
static void prepare(struct table *t, unsigned n, uint32_t i)
{
	struct table_pending *p = table_prepare(t, i);
	uint8_t owner[HASH_BLOCK] = "\005n0000\007example\003com", rdata[4] = {1, 2, 3, (uint8_t)i};
	uint32_t head = DNS_TYPE_A | OWNER_SIZE << 16;

	for (int digit = 0; digit < 4; digit++, n /= 10)
		owner[2 + digit] = (uint8_t)('0' + n % 10);
	memset(p->key, 0, sizeof(p->key));
	memcpy(p->key, &head, sizeof(head));
	memcpy(p->key + TABLE_KEY_HEAD, owner, OWNER_SIZE);
	memcpy(p->key + TABLE_KEY_HEAD + OWNER_SIZE, rdata, 4);
	table_prepared(t, p, TABLE_KEY_HEAD + OWNER_SIZE + 4,
		table_hash(&key, hash_padded(&key, owner, OWNER_SIZE), DNS_TYPE_A, rdata, 4), 50);
}

static struct table *begin(uint64_t records)
{
	memset(&stats, 0, sizeof(stats));
	memset(&handed, 0, sizeof(handed));
	refuses = false;
	return table_new(&(struct table_options){.records = records, .sink = take}, &stats);
}

static void add(struct table *t, unsigned n)
{
	table_next_message(t);
	prepare(t, n, 0);
	table_commit(t, 1);
	table_settle(t);
}

static void promised(struct table *t, unsigned n, uint32_t times, uint32_t first_s, uint32_t last_s)
{
	table_promise(t, times);
	table_publish(t);
	prepare(t, n, 0);
	table_add_promised(t, 1, times, first_s, last_s);
	table_publish(t);
}

static void expect_accounts(void)
{
	CU_ASSERT_EQUAL(stats.rr_taken, stats.sightings_flushed + stats.sightings_pending + stats.lost_no_room);
	CU_ASSERT_EQUAL(stats.sightings_flushed, handed.sightings);
}

static void test_known(void)
{
	struct table *t = begin(100);

	add(t, 1);
	promised(t, 1, 1000, 40, 60);
	table_sweep(t, table_buckets(t));
	CU_ASSERT(handed.records == 1 && handed.sightings == 1001 && handed.first_s == 40 && handed.last_s == 60 &&
		  handed.is_new);
	CU_ASSERT(stats.rr_taken == 1001 && stats.table_hits == 1000 && stats.table_inserted == 1);
	expect_accounts();
	promised(t, 1, 5, 61, 70);
	table_sweep(t, table_buckets(t));
	CU_ASSERT(handed.records == 2 && handed.sightings == 1006 && handed.last_s == 70 && !handed.is_new);
	expect_accounts();
	table_free(t);
}

// A record that was evicted meanwhile comes back with all its sightings.
static void test_evicted(void)
{
	struct table *t = begin(100);

	promised(t, 1, 1000, 40, 60);
	CU_ASSERT_EQUAL(stats.table_inserted, 1);
	table_sweep(t, table_buckets(t));
	CU_ASSERT(handed.records == 1 && handed.sightings == 1000 && handed.first_s == 40 && handed.last_s == 60 &&
		  handed.is_new);
	expect_accounts();
	table_free(t);
}

static void test_full_counter(void)
{
	struct table *t = begin(100);

	promised(t, 1, UINT32_MAX - 1, 40, 60);
	promised(t, 1, 10, 60, 61); // handed over in between
	CU_ASSERT(handed.records == 1 && handed.sightings == UINT32_MAX - 1);
	promised(t, 1, UINT32_MAX - 12, 60, 61);
	refuses = true;
	promised(t, 1, 10, 60, 61);
	CU_ASSERT_EQUAL(stats.lost_no_room, 8);
	refuses = false;
	table_sweep(t, table_buckets(t));
	expect_accounts();
	CU_ASSERT_EQUAL(stats.sightings_pending, 0);
	table_free(t);
}

// A table that has no room passes them on, or loses and counts them.
static void test_no_room(void)
{
	struct table *t = begin(2);

	refuses = true;
	for (unsigned n = 1; n <= 10; n++)
		add(t, n);
	table_settle(t);
	uint64_t lost = stats.lost_no_room;
	promised(t, 99, 100, 40, 60);
	CU_ASSERT_EQUAL(stats.lost_no_room, lost + 100);
	table_sweep(t, table_buckets(t));
	expect_accounts();
	refuses = false;
	table_sweep(t, table_buckets(t));
	expect_accounts();
	CU_ASSERT_EQUAL(stats.sightings_pending, 0);
	table_free(t);
}

// In a flooded zone a name that is not there any more is let in again by its third sighting, and the others count for the zone.
static void test_flooded(void)
{
	struct table *t = begin(10000);
	struct collapse *c = collapse_new(
		&(struct collapse_options){.names = 10, .interval_s = 3600, .report_s = 3600, .key = &key}, t, &stats);

	for (unsigned n = 1; n <= 3000; n++)
		add(t, n);
	table_settle(t);
	table_sweep(t, table_buckets(t));
	CU_ASSERT_EQUAL(stats.flood_zones, 1);
	static const uint8_t flooded[] = "\005n0000\007example\003com", other[] = "\005n0000\007exbmple\003com";
	CU_ASSERT_TRUE(collapse_has(c, flooded, sizeof(flooded)));
	CU_ASSERT_FALSE(collapse_has(c, other, sizeof(other)));
	memset(&handed, 0, sizeof(handed));
	uint64_t flushed = stats.sightings_flushed;
	promised(t, 9999, 1000, 60, 90);
	table_sweep(t, table_buckets(t));
	CU_ASSERT_EQUAL(handed.sightings, 1000);
	CU_ASSERT_EQUAL(handed.flooded, 2);
	CU_ASSERT_EQUAL(stats.sightings_flushed - flushed, 1000);
	CU_ASSERT_EQUAL(stats.rr_taken, stats.sightings_flushed + stats.sightings_pending);
	collapse_free(c);
	table_free(t);
}

int main(void)
{
	const struct unit_test tests[] = {
		{"known", test_known},
		{"evicted", test_evicted},
		{"full counter", test_full_counter},
		{"no room", test_no_room},
		{"flooded", test_flooded},
	};

	return unit_run("table, promised sightings", tests, sizeof(tests) / sizeof(tests[0]));
}
