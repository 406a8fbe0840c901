// SPDX-License-Identifier: BSD-3-Clause
// Hash slots: values of the Redis Cluster specification, hash tags, a tag for each slot.
#include <string.h>

#include "collector/base/endpoint.h"
#include "collector/redis/slot.h"
#include "tests/tools/unit.h"

static unsigned slot(const char *key)
{
	return redis_slot(key, strlen(key));
}

static void slots(void)
{
	CU_ASSERT_EQUAL(slot("123456789"), 0x31c3 & 16383); // CRC16 check value
	CU_ASSERT_EQUAL(slot("foo"), 12182);
	CU_ASSERT_EQUAL(slot(""), 0);
	CU_ASSERT_EQUAL(slot("{user1000}.following"), slot("user1000"));
	CU_ASSERT_EQUAL(slot("foo{bar}{zap}"), slot("bar"));
	CU_ASSERT_EQUAL(slot("foo{{bar}}zap"), slot("{bar"));
	CU_ASSERT_NOT_EQUAL(slot("foo{}{bar}"), slot("bar"));
	CU_ASSERT_NOT_EQUAL(slot("foo{bar"), slot("bar"));
}

static void tags(void)
{
	for (unsigned i = 0; i < REDIS_SLOTS; i++) {
		char key[32];
		snprintf(key, sizeof(key), "pdns:seq:{%s}", redis_slot_tag((uint16_t)i));
		if (slot(key) != i)
			CU_FAIL("a tag of another slot");
	}
}

static void lists(void)
{
	struct endpoint first;
	struct endpoint_list more;
	char why[200];

	CU_ASSERT(endpoint_read_list(&first, &more, "a:1, b:2,[::1]:3", why, sizeof(why)) == 0 && more.len == 2);
	CU_ASSERT(first.port == 1 && more.at[0].port == 2 && strcmp(more.at[1].host, "::1") == 0);
	CU_ASSERT_STRING_EQUAL(first.text, "a:1, b:2,[::1]:3");
	CU_ASSERT(endpoint_read_list(&first, &more, "unix:/x", why, sizeof(why)) == 0 && more.len == 0);
	CU_ASSERT_NOT_EQUAL(endpoint_read_list(&first, &more, "a:1,", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(endpoint_read_list(&first, &more, ",a:1", why, sizeof(why)), 0);
}

int main(void)
{
	static const struct unit_test all[] = {{"slots", slots}, {"tags", tags}, {"lists", lists}};

	return unit_run("collector_slot", all, sizeof(all) / sizeof(all[0]));
}
