// SPDX-License-Identifier: BSD-3-Clause
// Settings of the collector: defaults, the other program's keys, what contradicts, what reloads.
#include "collector/base/settings.h"
#include "tests/tools/unit.h"

#include <stdlib.h>
#include <string.h>

static char why[512];

static int load(struct settings *s, const char *a, const char *b)
{
	struct settings_source source = {.options = {a, b}, .options_len = b ? 2 : a ? 1 : 0};

	return settings_load(s, &source, why, sizeof(why));
}

static void defaults(void)
{
	struct settings s;

	CU_ASSERT_EQUAL_FATAL(load(&s, "flush.interval=1", "sensor=x"), 0);
	CU_ASSERT_STRING_EQUAL(s.redis.host, "127.0.0.1");
	CU_ASSERT(s.redis.port == 6379 && s.http.port == 8053 && s.log_level == LOG_LEVEL_INFO);
	CU_ASSERT_STRING_EQUAL(s.redis_prefix, "pdns:");
	settings_free(&s);
}

static void refusals(void)
{
	struct settings s;

	CU_ASSERT_NOT_EQUAL(load(&s, "redis.prefix=", NULL), 0);
	CU_ASSERT_NOT_EQUAL(load(&s, "redis.user=u", NULL), 0);
	CU_ASSERT_NOT_EQUAL(load(&s, "redis.password=p", "redis.password_file=/f"), 0);
	CU_ASSERT_NOT_EQUAL(load(&s, "collector.socket=relative", NULL), 0);
	CU_ASSERT_NOT_EQUAL(load(&s, "ready.sensors=east", NULL), 0);
	CU_ASSERT_NOT_EQUAL(load(&s, "log.level=loud", NULL), 0);
	CU_ASSERT_STRING_EQUAL(why, "-o: log.level: found 'loud', expected error, warning, info or debug");
}

static void reload(void)
{
	struct settings live, fresh;

	CU_ASSERT_EQUAL_FATAL(load(&live, "new.max=1", NULL), 0);
	CU_ASSERT_EQUAL_FATAL(load(&fresh, "redis.password=p", "redis=unix:/r"), 0);
	log_init("unit", LOG_LEVEL_ERROR);
	settings_reload(&live, &fresh);
	CU_ASSERT(live.new_max == fresh.new_max && live.redis.kind == ENDPOINT_TCP);
	CU_ASSERT_STRING_EQUAL(live.redis_password, "p");
	settings_free(&fresh);
	settings_free(&live);
}

static void secrets(void) // ps shows none, and they are read again all the same
{
	char one[] = "redis.password=geheim", other[] = " redis.password = geheim", plain[] = "redis.prefix=x";
	char file[] = "redis.password_file=/f";
	struct settings_source source = {.options_len = 0};
	struct settings s;

	log_init("unit", LOG_LEVEL_ERROR);
	CU_ASSERT(settings_add_option(&source, one) && settings_add_option(&source, plain));
	CU_ASSERT_STRING_EQUAL(one, "redis.password=*");
	CU_ASSERT_EQUAL(one[sizeof("redis.password=*")], '\0');
	for (int turn = 0; turn < 2; turn++) {
		CU_ASSERT_EQUAL_FATAL(settings_load(&s, &source, why, sizeof(why)), 0);
		CU_ASSERT_STRING_EQUAL(s.redis_password, "geheim");
		CU_ASSERT_STRING_EQUAL(s.redis_prefix, "x");
		settings_free(&s);
	}
	CU_ASSERT(settings_add_option(&source, other) && !strstr(other, "geheim"));
	CU_ASSERT(settings_add_option(&source, file));
	CU_ASSERT_STRING_EQUAL(file, "redis.password_file=/f");
	for (int i = 0; i < SETTINGS_OPTIONS_MAX - 4; i++)
		CU_ASSERT(settings_add_option(&source, plain));
	CU_ASSERT_FALSE(settings_add_option(&source, plain));
	free((char *)(uintptr_t)source.options[0]);
	free((char *)(uintptr_t)source.options[2]);
}

int main(void)
{
	static const struct unit_test tests[] = {{"defaults", defaults}, {"refusals", refusals}, {"reload", reload},
		{"secrets", secrets}};

	return unit_run("collector_settings", tests, sizeof(tests) / sizeof(tests[0]));
}
