// SPDX-License-Identifier: BSD-3-Clause
// Floods of random subdomains: alone, and in front of the table.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/table/collapse.h"
#include "dataplane/table/flood.h"
#include "dataplane/table/inline.h"
#include "tests/tools/unit.h"

enum { BUDGET = 1000, INTERVAL = 60 };

static struct hash_key key;
static struct worker_stats stats;
static uint32_t message;
static bool sink_is_full;

// Wire form of "<a number>.<zone>", zone in text. Returns its size.
static size_t wire(uint8_t out[static DNS_NAME_SIZE], const char *text)
{
	size_t at = 0;

	while (*text) {
		size_t len = strcspn(text, ".");
		out[at++] = (uint8_t)len;
		memcpy(out + at, text, len);
		at += len;
		text += len + (text[len] == '.');
	}
	out[at++] = 0;
	return at;
}

static size_t numbered(uint8_t out[static DNS_NAME_SIZE], uint64_t n, const char *zone)
{
	char text[256];

	snprintf(text, sizeof(text), "x%llx.%s", (unsigned long long)n, zone);
	return wire(out, text);
}

static void zones(void)
{
	static const struct {
		const char *owner, *zone;
	} cases[] = {{"a.victim.com", "victim.com"}, {"a.b.c.victim.com", "victim.com"}, {"victim.com", ""},
		{"com", ""}, {"", ""}, {"a.victim.co.uk", "victim.co.uk"}, {"victim.co.uk", ""},
		{"a.co.example", "co.example"}, {"a.abc.de", "abc.de"}, {"4.3.2.1.in-addr.arpa", "3.2.1.in-addr.arpa"},
		{"3.2.1.in-addr.arpa", ""},
		{"a.b.c.d.1.2.3.4.5.6.7.8.9.0.1.2.ip6.arpa", "1.2.3.4.5.6.7.8.9.0.1.2.ip6.arpa"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t owner[DNS_NAME_SIZE], zone[DNS_NAME_SIZE];
		size_t size = wire(owner, cases[i].owner), zone_size = wire(zone, cases[i].zone);
		size_t at = flood_zone_at(owner, size);
		if (*cases[i].zone == '\0')
			CU_ASSERT_EQUAL(at, 0);
		if (*cases[i].zone != '\0')
			CU_ASSERT(size - at == zone_size && memcmp(owner + at, zone, zone_size) == 0);
	}
	uint8_t longest[DNS_NAME_SIZE]; // 127 labels
	for (size_t i = 0; i + 1 < sizeof(longest); i += 2)
		memcpy(longest + i, "\1a", 2);
	longest[254] = 0;
	CU_ASSERT_EQUAL(flood_zone_at(longest, sizeof(longest)), 250);
}

// table/flood.c alone ──────────────────────────────────────────────────────────────────────────────

static struct {
	uint64_t reports, sightings, names;
	struct flood_report last;
} told;

static bool take_report(void *context, const struct flood_report *r)
{
	(void)context;
	if (sink_is_full)
		return false;
	told.reports++;
	told.sightings += r->sightings;
	told.names += r->names;
	told.last = *r;
	return true;
}

static struct flood_notices notices;

static struct flood *begin(void)
{
	const struct flood_options options = {.names = BUDGET,
		.interval_s = INTERVAL,
		.report_s = 1,
		.key = &key,
		.sink = take_report,
		.notices = &notices};

	memset(&stats, 0, sizeof(stats));
	memset(&told, 0, sizeof(told));
	memset(&notices, 0, sizeof(notices));
	sink_is_full = false;
	CU_ASSERT_FATAL(hash_key_random(&key) == 0);
	struct flood *f = flood_new(&options, &stats);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return f;
}

// Asks about names from..to of a zone, a message each. Returns how many were let in.
static uint64_t ask(struct flood *f, uint64_t from, uint64_t to, const char *zone, uint32_t now_s)
{
	uint8_t owner[DNS_NAME_SIZE];
	struct flood_zone *z;
	uint64_t in = 0;

	for (uint64_t n = from; n < to; n++)
		in += flood_ask(f, owner, numbered(owner, n, zone), n, ++message, now_s, &z) == FLOOD_LET_IN;
	return in;
}

static void beyond_the_budget_names_collapse(void)
{
	struct flood *f = begin();
	struct flood_notice notice;
	uint8_t zone[DNS_NAME_SIZE];
	size_t zone_size = wire(zone, "victim.com");

	CU_ASSERT_EQUAL(ask(f, 0, 200000, "victim.com", 1000), BUDGET);
	CU_ASSERT_EQUAL(ask(f, 0, BUDGET, "other.com", 1000), BUDGET);
	CU_ASSERT_EQUAL(stats.flood_collapsed, 199000);
	CU_ASSERT_EQUAL(stats.flood_zones, 1);
	CU_ASSERT(flood_notice_take(&notices, &notice) && notice.report.sightings == 0 && notice.budget == BUDGET);
	CU_ASSERT(!flood_notice_take(&notices, &notice));
	CU_ASSERT(flood_finish(f));
	CU_ASSERT_EQUAL(told.sightings, 199000);
	CU_ASSERT(told.names > 199000 * 0.88 && told.names < 199000 * 1.12);
	CU_ASSERT(told.last.zone_size == zone_size && memcmp(told.last.zone, zone, zone_size) == 0);
	CU_ASSERT(told.last.example_size > zone_size && told.last.first_s == 1000 && told.last.last_s == 1000);
	CU_ASSERT(flood_notice_take(&notices, &notice) && notice.report.sightings == 199000 &&
		  notice.report.names == told.names);
	CU_ASSERT_EQUAL(stats.flood_zones, 0);
	flood_free(f);
}

static void few_names_are_told_from_many_sightings(void)
{
	struct flood *f = begin();

	ask(f, 0, BUDGET, "victim.com", 1000);
	for (int i = 0; i < 2; i++) // twice: not yet let in
		ask(f, BUDGET, BUDGET + 200, "victim.com", 1000);
	CU_ASSERT(flood_finish(f));
	CU_ASSERT(told.sightings > 300);
	CU_ASSERT(told.names > 180 && told.names < 220);
	flood_free(f);
}

static void what_comes_again_is_let_in(void)
{
	struct flood *f = begin();
	unsigned late = 0;

	ask(f, 0, BUDGET, "victim.com", 1000);
	for (unsigned name = 0; name < 20; name++) { // one real name among fifty random ones
		unsigned i = 0;
		for (uint64_t n = 1000000 + name * 10000; i < 100; i++, n += 50) {
			ask(f, n, n + 50, "victim.com", 1000);
			if (ask(f, name, name + 1, "www.victim.com", 1000) == 1)
				break;
		}
		late += i > 10;
	}
	CU_ASSERT(late <= 2);
	flood_free(f);
}

static void later_intervals_bring_less_until_it_is_over(void)
{
	struct flood *f = begin();
	uint64_t n = 0, in = 0;
	uint32_t now_s = 5000;

	for (int i = 0; i < 20; i++, now_s += INTERVAL, n += 10000)
		in += ask(f, n, n + 10000, "victim.com", now_s);
	CU_ASSERT(in < 2 * BUDGET + 20 * FLOOD_EXAMPLES);
	CU_ASSERT(in >= BUDGET + 20 * FLOOD_EXAMPLES);
	CU_ASSERT_EQUAL(stats.flood_zones, 1);
	for (int i = 0; i < 6 * FLOOD_ZONES; i++) { // time goes on without names
		now_s += INTERVAL;
		flood_expire(f, now_s);
	}
	CU_ASSERT_EQUAL(stats.flood_zones, 0);
	CU_ASSERT_EQUAL(told.sightings, stats.flood_collapsed);
	CU_ASSERT_EQUAL(ask(f, n, n + BUDGET, "victim.com", now_s), BUDGET);
	flood_free(f);
}

static void names_of_several_intervals_do_not_add_up(void)
{
	struct flood *f = begin();
	uint64_t in = 0;

	for (uint32_t i = 0; i < 10; i++)
		in += ask(f, i * BUDGET, (i + 1) * BUDGET, "cdn.com", 9000 + i * INTERVAL);
	CU_ASSERT_EQUAL(in, 10 * BUDGET);
	// a little back in time, as packets are at times, is no new interval
	CU_ASSERT_EQUAL(ask(f, 20000, 20000 + BUDGET, "cdn.com", 9000 + 9 * INTERVAL - 5), 0);
	// another capture is
	CU_ASSERT(ask(f, 40000, 40000 + BUDGET, "cdn.com", 100) > 0);
	flood_free(f);
}

// A zone is let go between two records of a message, the rest of which waits in the table's pipeline.
static void a_zone_let_go_is_not_counted_for(void)
{
	struct flood *f = begin();
	uint8_t owner[DNS_NAME_SIZE];
	struct flood_zone *z;

	ask(f, 0, 2 * BUDGET, "victim.com", 1000);
	for (int i = 0; i < FLOOD_ZONES; i++)
		flood_expire(f, 1000 + INTERVAL);
	ask(f, 5000, 5000 + BUDGET / 2 + 100, "victim.com", 1000 + INTERVAL);
	size_t size = numbered(owner, 9999, "victim.com");
	message++;
	CU_ASSERT_EQUAL(flood_ask(f, owner, size, 1, message, 1000 + INTERVAL, &z), FLOOD_COLLAPSE);
	for (int i = 0; i < FLOOD_ZONES; i++)
		flood_expire(f, 1000 + 2 * INTERVAL);
	CU_ASSERT_EQUAL(stats.flood_zones, 0);
	CU_ASSERT_EQUAL(flood_ask(f, owner, size, 2, message, 1000 + 2 * INTERVAL, &z), FLOOD_LET_IN);
	CU_ASSERT(flood_finish(f));
	CU_ASSERT_EQUAL(told.sightings, stats.flood_collapsed);
	flood_free(f);
}

static void a_refused_report_comes_later(void)
{
	struct flood *f = begin();

	ask(f, 0, 3 * BUDGET, "victim.com", 1000);
	sink_is_full = true;
	for (int i = 0; i < FLOOD_ZONES; i++)
		flood_expire(f, 1010);
	ask(f, 10000, 20000, "victim.com", 1000 + INTERVAL);
	CU_ASSERT(!flood_finish(f));
	CU_ASSERT_EQUAL(told.reports, 0);
	sink_is_full = false;
	CU_ASSERT(flood_finish(f));
	CU_ASSERT_EQUAL(told.sightings, stats.flood_collapsed);
	flood_free(f);
}

// Someone who floods more zones than can be watched, to let one of them through, or others suffer.
static void many_zones_are_bounded_and_told(void)
{
	struct flood *f = begin();
	char zone[64];

	for (int i = 0; i < FLOOD_ZONES + 50; i++) {
		snprintf(zone, sizeof(zone), "victim%d.com", i);
		ask(f, 0, BUDGET + 10, zone, 1000);
	}
	CU_ASSERT_EQUAL(stats.flood_zones, FLOOD_ZONES);
	CU_ASSERT(stats.flood_unguarded > 0);
	CU_ASSERT_EQUAL(stats.flood_collapsed, FLOOD_ZONES * 10);
	for (int i = 0; i < 200000; i++) { // many zones of one name each
		snprintf(zone, sizeof(zone), "zone%d.org", i);
		CU_ASSERT_FATAL(ask(f, 0, 1, zone, 1000) == 1);
	}
	CU_ASSERT(ask(f, 500000, 500100, "victim7.com", 1000) == 0);
	CU_ASSERT(flood_finish(f));
	CU_ASSERT_EQUAL(told.sightings, stats.flood_collapsed);
	flood_free(f);
}

// in front of the table ──────────────────────────────────────────────────────────────────────

static struct {
	uint64_t sightings, star_sightings, star_records, real_sightings, reports, names;
} handed;

static bool take_record(void *context, const struct record_view *r)
{
	(void)context;
	if (sink_is_full)
		return false;
	if (r->head.flags & RECORD_FLOOD) {
		CU_ASSERT(r->head.type == 0 && r->head.rdata_size == 0 && r->head.count > 0);
		CU_ASSERT(r->head.owner_size == 12 && memcmp(r->owner, "\6victim\3com", 12) == 0);
		handed.reports++;
		handed.names += r->head.count;
		return true;
	}
	handed.sightings += r->head.count;
	if (memcmp(r->owner, "\1*\6victim\3com", 14) == 0) {
		handed.star_sightings += r->head.count;
		handed.star_records += r->head.flags & RECORD_NEW;
	}
	if (r->head.owner_size > 10 && memcmp(r->owner + r->head.owner_size - 10, "\4real\3org", 10) == 0)
		handed.real_sightings += r->head.count;
	return true;
}

static struct collapse *collapse; // of the table; NULL: off

static struct table *begin_table(uint64_t records, uint64_t names)
{
	const struct table_options options = {.records = records, .sink = take_record};
	const struct collapse_options floods = {.names = names, .interval_s = INTERVAL, .report_s = 1, .key = &key};

	memset(&stats, 0, sizeof(stats));
	memset(&handed, 0, sizeof(handed));
	sink_is_full = false;
	CU_ASSERT_FATAL(hash_key_random(&key) == 0);
	struct table *t = table_new(&options, &stats);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	collapse = names > 0 ? collapse_new(&floods, t, &stats) : NULL;
	CU_ASSERT_FATAL(names == 0 || collapse);
	return t;
}

static void add(struct table *t, const uint8_t *owner, size_t size, uint16_t type, const void *rdata, size_t rdata_size,
	uint32_t now_s)
{
	uint8_t padded[DNS_NAME_SIZE + HASH_BLOCK] = {0};
	uint8_t *k = table_key(t, TABLE_KEY_HEAD + size + rdata_size);

	memcpy(padded, owner, size);
	memcpy(k, &type, 2);
	k[2] = (uint8_t)size;
	k[3] = 0;
	memcpy(k + 4, owner, size);
	memcpy(k + 4 + size, rdata, rdata_size);
	table_add(t, 4 + size + rdata_size, table_hash(&key, hash_padded(&key, padded, size), type, rdata, rdata_size),
		now_s);
}

static void add_number(struct table *t, uint64_t n, const char *zone, uint32_t rdata, uint32_t now_s)
{
	uint8_t owner[DNS_NAME_SIZE];
	size_t size = numbered(owner, n, zone);

	table_next_message(t);
	add(t, owner, size, 1, &rdata, 4, now_s);
}

static void finish(struct table *t)
{
	table_settle(t);
	while (collapse && !collapse_finish(collapse))
		sink_is_full = false;
	for (uint64_t left = table_buckets(t); left > 0;)
		left -= table_sweep(t, left);
	CU_ASSERT_EQUAL(stats.rr_taken, stats.sightings_flushed + stats.sightings_pending + stats.lost_no_room);
	CU_ASSERT_EQUAL(stats.sightings_pending, 0);
	CU_ASSERT_EQUAL(handed.sightings, stats.sightings_flushed);
	collapse_free(collapse);
	table_free(t);
}

static void hot_records_stay_exact(void)
{
	struct table *t = begin_table(10000, BUDGET);
	const uint64_t hot = BUDGET, rounds = 20;

	for (uint64_t round = 0; round < rounds; round++) {
		for (uint64_t i = 0; i < hot; i++) {
			add_number(t, i, "real.org", 1, 1000);
			for (uint64_t k = 0; k < 10; k++)
				add_number(t, 1000000 + (round * hot + i) * 10 + k, "victim.com", 2, 1000);
		}
	}
	table_settle(t);
	CU_ASSERT(stats.table_entries <= 2 * BUDGET + hot + 2);
	CU_ASSERT_EQUAL(stats.table_evicted, 0);
	finish(t);
	CU_ASSERT_EQUAL(handed.real_sightings, rounds * hot);
	CU_ASSERT(handed.star_sightings == rounds * hot * 10 - BUDGET);
	CU_ASSERT(handed.star_records == 1);
	CU_ASSERT(handed.names > 0.88 * (double)handed.star_sightings &&
		  handed.names < 1.12 * (double)handed.star_sightings);
}

static void random_data_is_bounded_too(void)
{
	struct table *t = begin_table(10000, BUDGET);

	for (uint64_t i = 0; i < 100000; i++) {
		uint8_t owner[DNS_NAME_SIZE], data[900];
		size_t size = numbered(owner, i, "victim.com");
		memset(data, (int)i, sizeof(data));
		memcpy(data, &i, sizeof(i));
		table_next_message(t);
		add(t, owner, size, (uint16_t)(i % 5 ? 16 : i), data, i % 3 ? 20 : sizeof(data), 1000);
	}
	finish(t);
	CU_ASSERT_EQUAL(handed.star_sightings, 100000 - BUDGET);
	CU_ASSERT(handed.star_records <= 2 * FLOOD_RDATAS + 1);
}

static void a_message_counts_a_record_once(void)
{
	struct table *t = begin_table(10000, BUDGET);
	uint8_t owner[DNS_NAME_SIZE];

	for (uint64_t i = 0; i < BUDGET; i++)
		add_number(t, i, "victim.com", 2, 1000);
	for (uint64_t i = 0; i < 100; i++) {
		size_t size = numbered(owner, 5000 + i, "victim.com");
		table_next_message(t);
		add(t, owner, size, 1, "\1\1\1\1", 4, 1000); // two records of one name, the first of them twice
		add(t, owner, size, 1, "\2\2\2\2", 4, 1000);
		add(t, owner, size, 1, "\1\1\1\1", 4, 1000);
	}
	finish(t);
	CU_ASSERT_EQUAL(stats.rr_duplicate, 100);
	CU_ASSERT_EQUAL(handed.star_sightings, 200);
	CU_ASSERT_EQUAL(handed.star_records, 2);
}

static void switched_off_it_takes_all(void)
{
	struct table *t = begin_table(100000, 0);

	for (uint64_t i = 0; i < 20000; i++)
		add_number(t, i, "victim.com", 2, 1000);
	table_settle(t);
	CU_ASSERT_EQUAL(stats.table_entries, 20000);
	CU_ASSERT_EQUAL(stats.flood_collapsed, 0);
	finish(t);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"zones of names", zones},
		{"beyond the budget names collapse", beyond_the_budget_names_collapse},
		{"few names are told from many sightings", few_names_are_told_from_many_sightings},
		{"what comes again is let in", what_comes_again_is_let_in},
		{"later intervals bring less until it is over", later_intervals_bring_less_until_it_is_over},
		{"names of several intervals do not add up", names_of_several_intervals_do_not_add_up},
		{"a refused report comes later", a_refused_report_comes_later},
		{"a zone let go is not counted for", a_zone_let_go_is_not_counted_for},
		{"many zones are bounded and told", many_zones_are_bounded_and_told},
		{"hot records stay exact", hot_records_stay_exact},
		{"random data is bounded too", random_data_is_bounded_too},
		{"a message counts a record once", a_message_counts_a_record_once},
		{"switched off it takes all", switched_off_it_takes_all},
	};
	return unit_run("flood", tests, sizeof(tests) / sizeof(tests[0]));
}
