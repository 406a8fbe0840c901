// SPDX-License-Identifier: BSD-3-Clause
// What is newly observed, without Redis: sets of suffixes, what was returned before, cursors, items as text.
#include "tests/tools/unit.h"

#include "collector/newly/run.h"
#include "collector/newly/suffixes.h"
#include "collector/query/json.h"

#include <jansson.h>
#include <stdlib.h>

static char why[512];

static bool in(const struct newly_suffixes *s, const char *name)
{
	return newly_suffixes_match(s, name, strlen(name));
}

static void suffixes(void)
{
	struct newly_suffixes *s = newly_suffixes_new();

	CU_ASSERT(in(s, "www.example.com")); // an empty set includes all
	CU_ASSERT_EQUAL(newly_suffixes_add(s, "!in-addr.arpa", why, sizeof(why)), 0);
	CU_ASSERT(in(s, "www.example.com") && !in(s, "1.2.0.192.in-addr.arpa") && !in(s, "in-addr.arpa"));
	CU_ASSERT_EQUAL(newly_suffixes_add(s, ".com,*.co.uk !evil[.]com\t BÜCHER.example", why, sizeof(why)), 0);
	CU_ASSERT(in(s, "www.example.com") && in(s, "com") && in(s, "a.co.uk") && in(s, "a.xn--bcher-kva.example"));
	CU_ASSERT(!in(s, "www.evil.com") && !in(s, "evil.com") && in(s, "notevil.com"));
	CU_ASSERT(!in(s, "a.uk") && !in(s, "example.net") && !in(s, "."));
	CU_ASSERT(!in(s, "a\\.com") && in(s, "a\\\\.com") && in(s, "a\\.b.com")); // an escaped dot separates no labels
	CU_ASSERT_EQUAL(newly_suffixes_add(s, "good.evil.com, .", why, sizeof(why)), 0);
	CU_ASSERT(in(s, "www.good.evil.com") && !in(s, "bad.evil.com") && in(s, "example.net"));
	CU_ASSERT_EQUAL(newly_suffixes_add(s, "!com", why, sizeof(why)), 0); // the later one counts
	CU_ASSERT(!in(s, "www.example.com"));
	static const char *const bad[] = {"a..b", "!", "!!com", "*.*.com", "c*m",
		"0123456789012345678901234567890123456789012345678901234567890123.com"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(newly_suffixes_add(s, bad[i], why, sizeof(why)), -1);
	newly_suffixes_free(s);
}

static void many_suffixes(void)
{
	char path[] = "/tmp/lookback-suffixes.XXXXXX", name[40];
	struct newly_suffixes *s = newly_suffixes_new();
	FILE *file = fdopen(mkstemp(path), "w");

	fprintf(file, "# registered domains\n");
	for (int i = 0; i < 100000; i++)
		fprintf(file, "n%d.example%s", i, i % 3 ? "\n" : " # one\n");
	fclose(file);
	CU_ASSERT_EQUAL(newly_suffixes_read(s, path, why, sizeof(why)), 0);
	for (int i = 0; i < 100000; i += 777) {
		snprintf(name, sizeof(name), "a.n%d.example", i);
		CU_ASSERT(in(s, name));
	}
	CU_ASSERT(!in(s, "a.n100000.example") && !in(s, "example"));
	newly_suffixes_free(s);
	s = newly_suffixes_new();
	file = fopen(path, "w");
	fprintf(file, "com\n\na..b\n");
	fclose(file);
	CU_ASSERT_EQUAL(newly_suffixes_read(s, path, why, sizeof(why)), -1);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, ":3: 'a..b'"));
	newly_suffixes_free(s);
	s = newly_suffixes_new();
	fclose(fopen(path, "w"));
	CU_ASSERT_EQUAL(newly_suffixes_read(s, path, why, sizeof(why)),
		-1); // an empty list would select nothing, or all
	remove(path);
	CU_ASSERT_EQUAL(newly_suffixes_read(s, path, why, sizeof(why)), -1);
	newly_suffixes_free(s);
}

static void seen(void)
{
	struct newly_seen s = {0};

	CU_ASSERT(!newly_seen_before(&s, 0) && newly_seen_before(&s, 0));
	for (uint64_t i = 1; i <= 3 * NEWLY_SEEN; i++) {
		CU_ASSERT_FALSE_FATAL(newly_seen_before(&s, i * 0x9e3779b97f4a7c15u));
		CU_ASSERT_TRUE_FATAL(newly_seen_before(&s, i * 0x9e3779b97f4a7c15u));
	}
	CU_ASSERT(
		newly_seen_before(&s, (3 * NEWLY_SEEN - NEWLY_SEEN / 2) * 0x9e3779b97f4a7c15u)); // the latest are kept
	CU_ASSERT(!newly_seen_before(&s, 0x9e3779b97f4a7c15u));					 // the oldest are not
	free(s.slots[0]);
	free(s.slots[1]);
}

static void cursors(void)
{
	static const char *const bad[] = {"", "-1", "1-", "x", "1-2-3", "1 2", "99999999999999999999", "1-x", "+1"};
	char out[NEWLY_CURSOR_SIZE];
	enum newly_depth depth;

	CU_ASSERT_EQUAL(newly_parse_cursor(out, "1733000000000-12", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(out, "1733000000000-12");
	CU_ASSERT_EQUAL(newly_parse_cursor(out, "0", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(out, "0-0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(newly_parse_cursor(out, bad[i], why, sizeof(why)), -1);
	CU_ASSERT(newly_read_compare("2-1", "10-0") < 0 && newly_read_compare("2-10", "2-9") > 0);
	CU_ASSERT_EQUAL(newly_read_compare("2-1", "2-1"), 0);
	CU_ASSERT(newly_parse_depth(&depth, "Domain", why, sizeof(why)) == 0 && depth == NEWLY_DOMAIN);
	CU_ASSERT_EQUAL(newly_parse_depth(&depth, "zone", why, sizeof(why)), -1);
}

static void texts(void)
{
	static const char owner[] = "\"a\\\\,\\032<b>.evil.example", rdata[] = "\"x\\\"y\"";
	const struct newly_item item = {.depth = NEWLY_DOMAIN,
		.record = {.owner = owner,
			.owner_len = strlen(owner),
			.type = "TXT",
			.type_len = 3,
			.rdata = rdata,
			.rdata_len = strlen(rdata),
			.first = 7000,
			.last = 7000,
			.count = 1},
		.domain = owner + strlen(owner) - 12,
		.domain_len = 12,
		.reach = NEWLY_NAME,
		.known = 1000,
		.domain_first = 1000,
		.stored = 8000,
		.history = true,
		.sensor = "s\n1",
		.id = "8000000-0",
		.rule = "r\"",
		.kind = "new"};
	const struct newly_format format = {0};
	struct redis_buffer out = {0};

	newly_json(&out, &item, &format);
	json_t *object = json_loadb(out.bytes, out.size, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "rrname")), owner);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "rdata")), rdata);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "domain")), "evil.example");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "new")), "name");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "rule")), "r\"");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "cursor")), "8000000-0");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "time_known")), 1000);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "time_stored")), 8000);
	CU_ASSERT(json_is_true(json_object_get(object, "history")) && !json_object_get(object, "name_first"));
	CU_ASSERT_EQUAL(out.bytes[out.size - 1], '\n');
	json_decref(object);
	redis_buffer_clear(&out);
	newly_csv(&out, &item, &format);
	query_put(&out, "", 1);
	CU_ASSERT_STRING_EQUAL(out.bytes,
		"\"\"\"a\\\\,\\032<b>.evil.example\",\"TXT\",\"\"\"x\\\"\"y\"\"\",7000,7000,1,\"evil.example\",name,1000,8000,\"s\n1\",\"r\"\"\"\r\n");
	redis_buffer_clear(&out);
	newly_plain(&out, &item);
	query_put(&out, "", 1);
	CU_ASSERT_STRING_EQUAL(out.bytes, "evil.example\n");
	redis_buffer_free(&out);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"sets of suffixes", suffixes},
		{"many suffixes, from a file", many_suffixes},
		{"what was returned before", seen},
		{"cursors, depths", cursors},
		{"items as text", texts},
	};
	return unit_run("newly", tests, sizeof(tests) / sizeof(*tests));
}
