// SPDX-License-Identifier: BSD-3-Clause
// Settings of the collector: defaults, the other program's keys, what contradicts, what reloads.
#include "collector/settings.h"
#include "tests/unit.h"

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

int main(void)
{
	static const struct unit_test tests[] = {
		{"defaults", defaults}, {"refusals", refusals}, {"reload", reload}};

	return unit_run("collector_settings", tests, sizeof(tests) / sizeof(tests[0]));
}
