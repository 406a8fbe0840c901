// SPDX-License-Identifier: BSD-3-Clause
// What INFO tells: how far the append-only file is from being clean, and what to warn of.
#include "collector/redis/info.h"
#include "tests/tools/unit.h"

#include <stdio.h>

#define HEAD "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:0123456789\r\n"
#define WELL "maxmemory_policy:noeviction\r\nused_memory:1000\r\nmaxmemory:0\r\n"

static void append_only_file(void)
{
	static const struct {
		const char *text;
		enum redis_aof aof;
	} cases[] = {
		{HEAD "aof_enabled:0\r\n", REDIS_AOF_NONE},
		{HEAD "aof_enabled:1\r\naof_rewrite_in_progress:1\r\naof_last_rewrite_time_sec:3\r\naof_last_bgrewrite_status:ok\r\n",
			REDIS_AOF_BUSY},
		{HEAD "aof_enabled:1\r\naof_rewrite_in_progress:0\r\naof_rewrite_scheduled:1\r\n", REDIS_AOF_BUSY},
		{HEAD "aof_enabled:1\r\naof_last_rewrite_time_sec:0\r\naof_last_bgrewrite_status:ok\r\n",
			REDIS_AOF_CLEAN},
		{HEAD "aof_enabled:1\r\naof_last_rewrite_time_sec:0\r\naof_last_bgrewrite_status:err\r\n",
			REDIS_AOF_FAILED},
		{HEAD "aof_enabled:1\r\naof_last_rewrite_time_sec:-1\r\naof_last_bgrewrite_status:ok\r\naof_current_size:90\r\n"
		      "aof_base_size:88\r\n",
			REDIS_AOF_DOUBTFUL},
		{HEAD "aof_enabled:1\r\naof_last_rewrite_time_sec:-1\r\naof_last_bgrewrite_status:ok\r\naof_current_size:88\r\n"
		      "aof_base_size:88\r\n",
			REDIS_AOF_CLEAN},
		// one file, and the base is what there was at the start
		{"redis_version:6.2.7\r\naof_enabled:1\r\naof_last_rewrite_time_sec:-1\r\naof_last_bgrewrite_status:ok\r\n"
		 "aof_current_size:88\r\naof_base_size:88\r\n",
			REDIS_AOF_DOUBTFUL},
		{HEAD "aof_enabled:1\r\n", REDIS_AOF_DOUBTFUL},
	};
	struct redis_info info;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		redis_info_read(&info, cases[i].text);
		if (info.aof != cases[i].aof)
			printf("case %zu: %d\n", i, info.aof);
		CU_ASSERT(info.known && info.aof == cases[i].aof);
	}
	redis_info_read(&info, HEAD "role:master\r\ncluster_enabled:1\r\n");
	CU_ASSERT(!info.loading);
	redis_info_read(&info, HEAD "loading:0\r\nasync_loading:1\r\n");
	CU_ASSERT(!info.loading);
	redis_info_read(&info, HEAD "loading:1\r\nasync_loading:0\r\naof_enabled:0\r\n");
	CU_ASSERT(info.loading);
	redis_info_read(&info, HEAD "role:master\r\ncluster_enabled:1\r\n");
	CU_ASSERT(info.cluster && strcmp(info.role, "master") == 0 && strcmp(info.run_id, "0123456789") == 0);
	CU_ASSERT_STRING_EQUAL(info.version, "7.0.15");
}

static void levels(void)
{
	struct redis_info info;

	redis_info_read(&info, HEAD WELL
		"evicted_keys:7\r\n# Keyspace\r\ndb0:keys=12,expires=1,avg_ttl=0\r\ndb15:keys=30,expires=0\r\ndbx:keys=9\r\n");
	CU_ASSERT(info.keys == 42 && info.evicted == 7 && info.memory == 1000 && info.memory_max == 0);
	redis_info_read(&info, HEAD);
	CU_ASSERT(info.keys == 0 && info.evicted == 0);
}

static unsigned bits_of(const char *text, char *words, size_t size)
{
	struct redis_info info;

	redis_info_read(&info, text);
	return redis_info_judge(&info, words, size);
}

static void warnings(void)
{
	char words[2048], few[20];

	CU_ASSERT(bits_of(HEAD WELL "aof_enabled:1\r\naof_last_write_status:ok\r\n", words, sizeof(words)) == 0 &&
		  !*words);
	CU_ASSERT_EQUAL(bits_of(HEAD "maxmemory_policy:volatile-ttl\r\naof_enabled:1\r\n", words, sizeof(words)),
		1 << REDIS_WARNING_EVICTION);
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "found volatile-ttl, expected noeviction"));
	CU_ASSERT_EQUAL(bits_of(HEAD "used_memory:91\r\nmaxmemory:100\r\naof_enabled:1\r\n", words, sizeof(words)),
		1 << REDIS_WARNING_MEMORY);
	CU_ASSERT_EQUAL(bits_of(HEAD "used_memory:89\r\nmaxmemory:100\r\naof_enabled:1\r\n", words, sizeof(words)), 0);
	CU_ASSERT_EQUAL(bits_of(HEAD WELL "aof_enabled:0\r\n", words, sizeof(words)), 1 << REDIS_WARNING_PERSISTENCE);
	CU_ASSERT_EQUAL(bits_of(HEAD WELL "aof_enabled:1\r\naof_last_write_status:err\r\n", words, sizeof(words)),
		1 << REDIS_WARNING_DISK);
	CU_ASSERT_EQUAL(bits_of(NULL, words, sizeof(words)), 1 << REDIS_WARNING_RIGHTS);
	unsigned two = bits_of(HEAD "maxmemory_policy:allkeys-lru\r\naof_enabled:0\r\n", words, sizeof(words));
	CU_ASSERT(two == (1 << REDIS_WARNING_EVICTION | 1 << REDIS_WARNING_PERSISTENCE) && strchr(words, '\n'));
	CU_ASSERT(bits_of(HEAD "maxmemory_policy:allkeys-lru\r\naof_enabled:0\r\n", few, sizeof(few)) == two &&
		  strlen(few) < sizeof(few));
}

int main(void)
{
	static const struct unit_test tests[] = {{"append_only_file", append_only_file}, {"levels", levels},
		{"warnings", warnings}};

	return unit_run("collector_info", tests, sizeof(tests) / sizeof(tests[0]));
}
