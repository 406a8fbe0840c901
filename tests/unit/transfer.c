// SPDX-License-Identifier: BSD-3-Clause
// Lines of other programs as records.
#include "tests/tools/unit.h"

#include "collector/transfer/import.h"

static char why[512];

static char imported[2048];

static bool take(void *arg, const struct query_record *r)
{
	size_t used = strlen(imported);

	snprintf(imported + used, sizeof(imported) - used, "%.*s %.*s %.*s %lld %lld %lld;", (int)r->owner_len,
		r->owner, (int)r->type_len, r->type, (int)r->rdata_len, r->rdata, (long long)r->first,
		(long long)r->last, (long long)r->count);
	return true;
}

static int import(const char *line)
{
	imported[0] = '\0';
	return transfer_import_line(line, strlen(line), take, NULL, why, sizeof(why));
}

static void imports(void)
{
	CU_ASSERT_EQUAL(import("{\"rrname\":\"Www.Example.com\",\"rrtype\":\"A\",\"rdata\":[\"192.0.2.1\","
			       "\"192.0.2.2\"],"
			       "\"time_first\":5,\"time_last\":9,\"count\":3}\n"),
		2);
	CU_ASSERT_STRING_EQUAL(imported, "www.example.com A 192.0.2.1 5 9 3;www.example.com A 192.0.2.2 5 9 3;");
	CU_ASSERT_EQUAL(import("{\"obj\":{\"count\":2,\"time_first\":1,\"time_last\":2,\"rrname\":\"a."
			       "example.\",\"rrtype\":"
			       "\"MX\",\"bailiwick\":\"example.\",\"rdata\":[\"10 mx.example.\"]}}"),
		1);
	CU_ASSERT_STRING_EQUAL(imported, "a.example MX 10 mx.example 1 2 2;");
	CU_ASSERT_EQUAL(import("{\"cond\":\"begin\"}"), 0);
	CU_ASSERT_EQUAL(import("1322849924.4||10.1.1.1||8.8.8.8||IN||t.example.||TXT||a||b|5||300||7"), 1);
	CU_ASSERT_STRING_EQUAL(imported, "t.example TXT \"a||b|5\" 1322849924 1322849924 7;");
	CU_ASSERT_EQUAL(import("1322849924||10.1.1.1||8.8.8.8||IN||t.example||TXT||b|5||300"), 1);
	CU_ASSERT_STRING_EQUAL(imported, "t.example TXT \"b|5\" 1322849924 1322849924 1;");
	static const char *const counts[] = {"7", "7.0", "\"7\""};
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		char line[200];
		snprintf(line, sizeof(line),
			"{\"rrname\":\"c\",\"rrtype\":\"NS\",\"rdata\":\"d\",\"time_first\":0,\"time_last\":1,\"count\":%s}",
			counts[i]);
		CU_ASSERT_EQUAL(import(line), 1);
		CU_ASSERT_STRING_EQUAL(imported, "c NS d 0 1 7;");
	}
	CU_ASSERT_EQUAL(import("{\"rrname\":\"x.example\",\"rrtype\":\"15\",\"rdata\":\"1 y.example\",\"time_first\":"
			       "\"2024-01-31 00:00:00\",\"time_last\":1706659201}"),
		1);
	CU_ASSERT_STRING_EQUAL(imported, "x.example MX 1 y.example 1706659200 1706659201 1;");
	CU_ASSERT_EQUAL(import("1322849924.408856||10.1.1.1||8.8.8.8||IN||upload.youtube.com.||A||74.125.43."
			       "117||46587||5"),
		1);
	CU_ASSERT_STRING_EQUAL(imported, "upload.youtube.com A 74.125.43.117 1322849924 1322849924 5;");
	CU_ASSERT_EQUAL(import("\n"), 0);
	CU_ASSERT_EQUAL(
		import("{\"rrname\":\"Bücher.example\",\"rrtype\":\"NS\",\"rdata\":\"ns.\\u00fc.example\",\"time_first\":1,\"time_last\":2}"),
		1);
	CU_ASSERT_STRING_EQUAL(imported, "xn--bcher-kva.example NS ns.xn--tda.example 1 2 1;");
	CU_ASSERT_EQUAL(import("1322849924||10.1.1.1||8.8.8.8||IN||bücher.example||CNAME||ü.example||5||1"), 1);
	CU_ASSERT_STRING_EQUAL(imported, "xn--bcher-kva.example CNAME xn--tda.example 1322849924 1322849924 1;");
	static const char *const bad[] = {"{", "x", "{\"rrname\":\"a\"}", "[1]", "{\"rrname\":5,\"rrtype\":\"A\"}",
		"{\"rrname\":\"a\",\"rrtype\":\"A\",\"rdata\":\"x\",\"time_first\":1,\"time_last\":1}",
		"{\"rrname\":\"a\",\"rrtype\":\"NS\",\"rdata\":\"b\",\"time_first\":9,\"time_last\":1}",
		"{\"rrname\":\"a\",\"rrtype\":\"A\",\"rdata\":[],\"time_first\":1,\"time_last\":1}",
		"{\"rrname\":\"a\",\"rrtype\":\"NS\",\"rdata\":\"b\",\"time_first\":1,\"time_last\":1,\"count\":\"many\"}",
		"{\"rrname\":\"a\",\"rrtype\":\"NS\",\"rdata\":\"b\",\"time_first\":1,\"time_last\":1,\"count\":1.5}",
		"{\"rrname\":\"a\",\"rrtype\":\"NS\",\"rdata\":\"b\",\"count\":1}",
		"{\"rrname\":\"xn--ü.example\",\"rrtype\":\"NS\",\"rdata\":\"b\",\"time_first\":1,\"time_last\":2}",
		"{\"rrname\":\"a\",\"rrtype\":\"NS\",\"rdata\":\"‍.example\",\"time_first\":1,\"time_last\":2}",
		"1322849924||1||2||IN||a\xff.example||NS||b||1||1", "1||2||3||IN||a||TXT||b||1||1x",
		"1||2||3||IN||a||TXT||b", "1||2||3||CH||a||TXT||b||1||1", "1||2||3"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT(import(bad[i]) < 0);
		CU_ASSERT_NOT_EQUAL(why[0], '\0');
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"lines of others", imports},
	};
	return unit_run("transfer", tests, sizeof(tests) / sizeof(*tests));
}
