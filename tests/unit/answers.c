// SPDX-License-Identifier: BSD-3-Clause
// Answers seen before: what is a repetition, what is counted, who makes room. tests/fuzz/answers.c looks for messages that
// are taken for another.
#include <string.h>

#include "dataplane/answers/answers.h"
#include "dataplane/answers/look.h"
#include "tests/tools/unit.h"

static const struct hash_key key = {{3, 5, 7, 11, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 23}};
static uint8_t wire[512];
static size_t size;
static struct {
	unsigned calls;
	uint64_t count;
	uint32_t first_s, last_s;
} drained;

static void sink(void *context, const struct answers_entry *e)
{
	drained.calls++;
	drained.count += e->count;
	drained.first_s = e->first_s;
	drained.last_s = e->last_s;
}

static void put(const void *bytes, size_t len)
{
	memcpy(wire + size, bytes, len);
	size += len;
}

// A response with the addresses `first` and first + 1 of n<n>.Example.com, and an OPT with a cookie.
static void build(unsigned n, uint8_t first)
{
	uint8_t name[] = "\005n0000\007Example\003com";

	for (int i = 0; i < 4; i++, n /= 10)
		name[2 + i] = (uint8_t)('0' + n % 10);
	memset(wire, 0, sizeof(wire));
	size = 0;
	put("\x12\x34\x81\x80\0\1\0\2\0\0\0\1", 12);
	put(name, sizeof(name));
	put("\0\1\0\1", 4);
	for (uint8_t i = 0; i < 2; i++) {
		put("\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2", 15);
		put(&(uint8_t){(uint8_t)(first + i)}, 1);
	}
	put("\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08"
	    "abcdefgh",
		23);
}

static struct answers_look look_up(const struct answers *a, struct answers_entry **e)
{
	struct answers_look look;

	answers_look_begin(a, wire, size, sizeof(wire), &look);
	answers_look_find(a, &look);
	*e = answers_look_end(a, &look, wire);
	return look;
}

static struct answers_entry *find(const struct answers *a)
{
	struct answers_entry *e;

	look_up(a, &e);
	return e;
}

static bool insert(struct answers *a)
{
	struct answers_entry *e;
	struct answers_look look = look_up(a, &e);

	CU_ASSERT_PTR_NULL(e);
	return answers_insert(a, &look, wire, 2, 1, sink, NULL);
}

static void test_repetitions(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);

	build(1, 1);
	CU_ASSERT_TRUE(insert(a));
	struct answers_entry *e = find(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(e->records == 2 && e->skipped == 1);
	memcpy(wire, "\xff\xee", 2);		// ID
	memcpy(wire + size - 8, "ABCDEFGH", 8); // cookie
	size_t first = 12 + 19 + 4;
	memcpy(wire + first + 6, "\0\0\0\7", 4); // TTL
	memcpy(wire + 12, "\005N1000\007eXAMPLE\003cOm", 19);
	CU_ASSERT_PTR_EQUAL(find(a), e);
	for (size_t at = 2; at < size; at++) {
		bool matters = e->mask[at / OCTETS] >> at % OCTETS & 1;
		build(1, 1);
		wire[at] ^= 1;
		CU_ASSERT((find(a) != NULL) == matters);
	}
	build(1, 2); // rotated or other addresses
	CU_ASSERT_PTR_NULL(find(a));
	build(1, 1);
	size--;
	CU_ASSERT_PTR_NULL(find(a));
	answers_free(a);
}

static void test_not_looked_up(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);
	struct answers_look look;

	build(1, 1);
	answers_look_begin(a, wire, size, ANSWERS_ROOM - 1, &look);
	CU_ASSERT_EQUAL(look.set, LOOK_NONE);
	answers_look_begin(a, wire, ANSWERS_SIZE_MAX + 1, sizeof(wire), &look);
	CU_ASSERT_EQUAL(look.set, LOOK_NONE);
	answers_look_begin(a, wire, 12 + 19 + 3, sizeof(wire), &look); // cut off in the question
	CU_ASSERT_EQUAL(look.set, LOOK_NONE);
	wire[2] &= 0x7f; // a query
	answers_look_begin(a, wire, size, sizeof(wire), &look);
	CU_ASSERT_EQUAL(look.set, LOOK_NONE);
	answers_free(a);
}

// A pointer into a TTL: what it says depends on octets that are left out, so it has no entry.
static void test_pointer_into_ttl(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);

	build(1, 1);
	size = 12 + 19 + 4;
	wire[7] = 1;
	wire[11] = 0;
	put("\xc0\x0c\0\5\0\1\1a\0\0\0\2\xc0\x29", 14); // CNAME a., which is its own TTL
	CU_ASSERT_FALSE(insert(a));
	build(1, 1);
	size = 12 + 19 + 4;
	wire[7] = 1;
	wire[11] = 0;
	put("\xc0\x0c\0\5\0\1\1a\0\0\0\2\xc0\x12", 14); // CNAME of the name's parent
	CU_ASSERT_TRUE(insert(a));
	answers_free(a);
}

// An entry that made room for a message that cannot have one: a message of the same burst that found it before must miss.
static void test_stale(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);
	struct answers_entry *e;

	build(1, 1);
	CU_ASSERT_TRUE(insert(a));
	struct answers_look look = look_up(a, &e), other;
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	build(1, 1);
	size = 12 + 19 + 4;
	wire[7] = 1;
	wire[11] = 0;
	put("\xc0\x0c\0\5\0\1\1a\0\0\0\2\xc0\x29", 14); // CNAME a., which is its own TTL
	struct answers_entry *none;
	other = look_up(a, &none);
	other.set = look.set;
	for (unsigned i = 0; i < 4 * ANSWERS_WAYS; i++) {
		for (unsigned way = 0; way < ANSWERS_WAYS; way++) // the set is full
			a->sets[look.set].tag[way] |= 1;
		CU_ASSERT_FALSE(answers_insert(a, &other, wire, 1, 0, sink, NULL));
	}
	build(1, 1);
	CU_ASSERT_PTR_NULL(answers_look_end(a, &look, wire));
	answers_free(a);
}

static void test_seen_again(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);
	struct answers_entry *e;
	unsigned again = 0;

	build(1, 1);
	struct answers_look look = look_up(a, &e);
	CU_ASSERT_FALSE(answers_seen_again(a, &look));
	CU_ASSERT_TRUE(answers_seen_again(a, &look));
	for (unsigned n = 2; n < 1002; n++) { // messages that come once
		build(n, 1);
		look = look_up(a, &e);
		again += answers_seen_again(a, &look);
	}
	CU_ASSERT(again <= 2);
	answers_free(a);
}

static void test_drain(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);

	memset(&drained, 0, sizeof(drained));
	build(1, 1);
	CU_ASSERT_TRUE(insert(a));
	struct answers_entry *e = find(a);
	answers_count(e, 100);
	answers_count(e, 90); // out of order
	answers_count(e, 95);
	for (uint32_t set = 0; set < answers_sets(a); set++)
		answers_drain(a, set, sink, NULL);
	CU_ASSERT(drained.calls == 1 && drained.count == 3 && drained.first_s == 90 && drained.last_s == 100);
	for (uint32_t set = 0; set < answers_sets(a); set++)
		answers_drain(a, set, sink, NULL);
	CU_ASSERT_EQUAL(drained.calls, 1);
	CU_ASSERT_PTR_EQUAL(find(a), e);
	for (uint32_t set = 0; set < answers_sets(a); set++)
		answers_forget(a, set);
	CU_ASSERT_PTR_NULL(find(a));
	answers_free(a);
}

// Many more messages than entries: every repetition that was counted is drained, none twice.
static void test_eviction(void)
{
	struct answers *a = answers_new(ANSWERS_MEMORY_MIN, false, &key);
	uint64_t counted = 0, inserted = 0;

	memset(&drained, 0, sizeof(drained));
	for (unsigned round = 0; round < 5; round++)
		for (unsigned n = 0; n < 10000; n++) {
			build(n, (uint8_t)(1 + 2 * round));
			struct answers_entry *e = find(a);
			if (!e && insert(a)) {
				inserted++;
				e = find(a);
				CU_ASSERT_PTR_NOT_NULL_FATAL(e);
			}
			if (e) {
				answers_count(e, n);
				counted++;
			}
		}
	CU_ASSERT(inserted > answers_sets(a) * ANSWERS_WAYS);
	CU_ASSERT(drained.count > 0 && drained.count < counted);
	for (uint32_t set = 0; set < answers_sets(a); set++)
		answers_drain(a, set, sink, NULL);
	CU_ASSERT_EQUAL(drained.count, counted);
	answers_free(a);
}

int main(void)
{
	const struct unit_test tests[] = {
		{"repetitions", test_repetitions},
		{"not looked up", test_not_looked_up},
		{"pointer into a TTL", test_pointer_into_ttl},
		{"stale", test_stale},
		{"seen again", test_seen_again},
		{"drain", test_drain},
		{"eviction", test_eviction},
	};

	return unit_run("answers", tests, sizeof(tests) / sizeof(tests[0]));
}
