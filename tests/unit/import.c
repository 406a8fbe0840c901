// SPDX-License-Identifier: BSD-3-Clause
// Files of other programs as records: formats, units, what is added up.
#include "tests/tools/unit.h"

#include "collector/import/gather.h"
#include "collector/import/import.h"
#include "collector/import/split.h"

static char why[512];
static char imported[4096];
static struct import_result sum; // of all units of a text

static bool take(void *arg, const struct query_record *r, bool is_event)
{
	size_t used = strlen(imported);

	snprintf(imported + used, sizeof(imported) - used, "%.*s %.*s %.*s %lld %lld %lld;", (int)r->owner_len,
		r->owner, (int)r->type_len, r->type, (int)r->rdata_len, r->rdata, (long long)r->first,
		(long long)r->last, (long long)r->count);
	return true;
}

static bool take_unit(void *arg, const char *text, size_t len, uint64_t line)
{
	struct import_result result = import_take(arg, text, len);

	sum.records += result.records;
	sum.refused += result.refused;
	sum.passed += result.passed;
	sum.format = result.format ? result.format : sum.format;
	if (result.refused > 0)
		snprintf(why, sizeof(why), "%llu: %.256s", (unsigned long long)line, result.why);
	return true;
}

// Number of records, or -1 if something was refused. The text is fed in pieces of `piece` octets.
static int import_pieces(const char *text, const char *format, size_t piece)
{
	struct import *m = import_new(format ? import_format_named(format) : NULL, take, NULL);
	struct import_split *s = import_split_new(take_unit, m);

	imported[0] = why[0] = '\0';
	sum = (struct import_result){.records = 0};
	for (size_t at = 0, len = strlen(text); at < len; at += piece)
		CU_ASSERT_TRUE(import_split_feed(s, text + at, len - at < piece ? len - at : piece));
	CU_ASSERT_TRUE(import_split_end(s));
	import_split_free(s);
	import_free(m);
	return sum.refused > 0 ? -1 : (int)sum.records;
}

static int import(const char *text)
{
	return import_pieces(text, NULL, 1000);
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

static const char *format_of(const char *text)
{
	import(text);
	return sum.format ? import_format_name(sum.format) : "";
}

static void formats(void)
{
	CU_ASSERT_STRING_EQUAL(format_of("{\"rrname\":\"a\"}"), "cof");
	CU_ASSERT_STRING_EQUAL(format_of("{\"cond\":\"begin\"}"), "dnsdb");
	CU_ASSERT_STRING_EQUAL(format_of("{\"event_type\":\"flow\"}"), "suricata");
	CU_ASSERT_EQUAL(sum.passed, 1);
	CU_ASSERT_STRING_EQUAL(format_of("{\"ts\":1.5,\"uid\":\"C\",\"query\":\"a\"}"), "zeek");
	CU_ASSERT_STRING_EQUAL(format_of("{\"dns\":{\"qname\":\"a\"}}"), "dnscollector");
	CU_ASSERT_STRING_EQUAL(format_of("{\"Timestamp\":\"\",\"DNS\":{}}"), "dnsmonster");
	CU_ASSERT_STRING_EQUAL(format_of("{\"data\":[]}"), "virustotal");
	CU_ASSERT_STRING_EQUAL(format_of("{\"records\":[],\"pages\":1}"), "securitytrails");
	CU_ASSERT_STRING_EQUAL(format_of("1||2||3"), "passivedns");
	CU_ASSERT_STRING_EQUAL(format_of("#separator \\x09\n#fields\tts\n"), "zeek");
	CU_ASSERT_STRING_EQUAL(format_of("{\"a\":1}"), "");
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "1: found an object of no known format"));
	CU_ASSERT_PTR_NULL(import_format_named("nosuch"));
	// forced: what is of another format is refused, not guessed
	CU_ASSERT_EQUAL(import_pieces("{\"event_type\":\"dns\"}", "cof", 1000), -1);
	CU_ASSERT_EQUAL(import_pieces("a b", "zeek", 1000), -1);
}

// Addresses belong to the last name of the chain; a name after an address is not believed.
static void chains(void)
{
#define ZEEK_A "{\"ts\":5,\"uid\":\"C\",\"query\":\"q.example\",\"qtype\":1,\"rcode\":0,\"answers\":"
	CU_ASSERT_EQUAL(import(ZEEK_A "[\"a.example\",\"192.0.2.1\",\"192.0.2.2\"]}"), 3);
	CU_ASSERT_STRING_EQUAL(imported,
		"q.example CNAME a.example 5 5 1;a.example A 192.0.2.1 5 5 1;a.example A 192.0.2.2 5 5 1;");
	CU_ASSERT_EQUAL(import(ZEEK_A "[\"192.0.2.1\",\"a.example\",\"192.0.2.2\"]}"), 1);
	CU_ASSERT_EQUAL(sum.passed, 2);
	CU_ASSERT_EQUAL(import(ZEEK_A "[\"2001:db8::1\",\"TXT 1 x\",\"<unknown type=39>\",\"192.0.2.1\"]}"), 1);
	CU_ASSERT_STRING_EQUAL(imported, "q.example A 192.0.2.1 5 5 1;");
	CU_ASSERT_EQUAL(import(ZEEK_A "[\"192.0.2.1\",\"192.0.2.1\"]}"), 1);
	CU_ASSERT_EQUAL(
		import("{\"ts\":5,\"uid\":\"C\",\"query\":\"q.example\",\"qtype\":2,\"rcode\":0,\"answers\":[\"ns.example\"]}"),
		0);
	CU_ASSERT_EQUAL(
		import("{\"ts\":5,\"uid\":\"C\",\"query\":\"q.example\",\"qtype\":1,\"rcode\":2,\"answers\":[\"192.0.2.1\"]}"),
		0);
	CU_ASSERT_EQUAL(import(ZEEK_A "[\"192.0.2.1\"],\"TC\":true}"), 0);
	// typed answers: in any order, and none that the question does not reach
#define EVE \
	"{\"event_type\":\"dns\",\"timestamp\":\"2020-01-01T00:00:00.5Z\",\"dns\":{\"type\":\"answer\",\"rrname\":\"q.example\",\"answers\":["
	CU_ASSERT_EQUAL(import(EVE "{\"rrname\":\"a.example\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\"},"
				   "{\"rrname\":\"Q.example\",\"rrtype\":\"CNAME\",\"rdata\":\"A.example\"},"
				   "{\"rrname\":\"victim.example\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.66\"}]}}"),
		2);
	CU_ASSERT_STRING_EQUAL(imported,
		"a.example A 192.0.2.1 1577836800 1577836800 1;q.example CNAME a.example 1577836800 1577836800 1;");
	CU_ASSERT_EQUAL(sum.passed, 1);
	// one bad answer does not take the others with it
	CU_ASSERT_EQUAL(import(EVE "{\"rrname\":\"q.example\",\"rrtype\":\"A\",\"rdata\":\"no address\"},"
				   "{\"rrname\":\"q.example\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\"}]}}"),
		-1);
	CU_ASSERT_EQUAL(sum.records, 1);
	CU_ASSERT_STRING_EQUAL(why, "1: rdata: found 'no address', expected RDATA of type A");
}

static void times(void)
{
	static const struct {
		const char *text;
		long long seconds; // -1: refused
	} all[] = {{"1600000000", 1600000000}, {"1600000000123", 1600000000}, {"1600000000123456", 1600000000},
		{"1600000000123456789", 1600000000}, {"1600000000.75", 1600000000}, {"\"1600000000\"", 1600000000},
		{"\"1600000000.999999\"", 1600000000}, {"\"2020-09-13T12:26:40Z\"", 1600000000},
		{"\"2020-09-13T14:26:40.123456+0200\"", 1600000000},
		{"\"2020-09-13T14:26:40.123456789+02:00\"", 1600000000}, {"\"2020-09-13 12:26:40\"", 1600000000},
		{"\"2020-09-13\"", 1599955200}, {"\"7d\"", -1}, {"\"-5\"", -1}, {"-5", -1}, {"\"\"", -1},
		{"\"2020-02-30\"", -1}, {"\"1.2.3\"", -1}, {"5000000000", -1}, {"null", -1}, {"1e30", -1}, {"true", -1},
		{"\"99999999999999999999\"", -1}};
	char line[300], expected[100];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(line, sizeof(line),
			"{\"rrname\":\"a\",\"rrtype\":\"NS\",\"rdata\":\"b\",\"time_first\":%s,\"time_last\":%s}",
			all[i].text, all[i].text);
		CU_ASSERT_EQUAL(import(line), all[i].seconds < 0 ? -1 : 1);
		snprintf(expected, sizeof(expected), "a NS b %lld %lld 1;", all[i].seconds, all[i].seconds);
		CU_ASSERT_STRING_EQUAL(imported, all[i].seconds < 0 ? "" : expected);
		if (strcmp(imported, all[i].seconds < 0 ? "" : expected) != 0)
			printf("%s: %s\n", all[i].text, imported);
	}
}

// Values over several lines, arrays of any length, and what follows damage; in pieces of every size.
static void units(void)
{
#define COF(name) "{\"rrname\":\"" name "\",\"rrtype\":\"NS\",\"rdata\":\"n\",\n \"time_first\":1,\"time_last\":1}"
#define SHORT(name) "{\"rrname\":\"" name "\",\"rrtype\":\"NS\",\"rdata\":\"n\",\"time_first\":1,\"time_last\":1}"
	static const struct {
		const char *text, *names;
		int refused;
		const char *why;
	} all[] = {
		{COF("a") "\n" COF("b") "\n", "ab", 0, ""},
		{"[" COF("a") ",\n" COF("b") "]", "ab", 0, ""},
		{"[\n  " COF("a") ",\n  " COF("b") "\n]\n" SHORT("c"), "abc", 0, ""},
		{"[[" SHORT("a") "],[" SHORT("b") "]]\n[" SHORT("c") "]", "abc", 0, ""},
		{SHORT("a") SHORT("b"), "ab", 0, ""},
		{"{\"rrname\":\"x\",\n" SHORT("a") "\n" SHORT("b"), "ab", 1, "1: not JSON"},
		{"{\"rrname\":\"x\n" SHORT("a"), "a", 1, "1: not JSON"},
		{"[" SHORT("a") ",\n{\"rrname\":\n" SHORT("b") ",\n5]\n" SHORT("c"), "abc", 2, "3: not JSON"},
		{SHORT("a") "\n{\"rrname\":{\"", "a", 1, "2: not JSON"},
		{"}\n" SHORT("a"), "a", 1, "1: expected JSON"},
		{"{\"rrname\":\"\\\"{\\\\\"}\n" SHORT("a"), "a", 1, "1: rrname"},
		{"\n\n# comment\n5\r\n" SHORT("a") "\r\n", "a", 1, "4: expected JSON"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		for (size_t piece = 1; piece <= 64; piece++) {
			char names[8] = "";
			size_t n = 0;
			import_pieces(all[i].text, NULL, piece);
			for (const char *at = imported; *at && n < 7; at = strchr(at, ';') + 1)
				names[n++] = *at;
			CU_ASSERT_STRING_EQUAL(names, all[i].names);
			CU_ASSERT_EQUAL(sum.refused, (uint64_t)all[i].refused);
			if (all[i].refused == 1)
				CU_ASSERT_EQUAL(strncmp(why, all[i].why, strlen(all[i].why)), 0);
		}
	}
}

static bool take_owner(void *arg, const struct query_record *records, size_t len)
{
	(*(int *)arg)++;
	for (size_t i = 0; i < len; i++) {
		CU_ASSERT_EQUAL(records[i].owner_len, records[0].owner_len);
		take(NULL, &records[i], true);
	}
	return true;
}

static struct query_record record_of(const char *owner, const char *rdata, int64_t time, int64_t count)
{
	return (struct query_record){.owner = owner,
		.owner_len = strlen(owner),
		.type = "A",
		.type_len = 1,
		.rdata = rdata,
		.rdata_len = strlen(rdata),
		.first = time,
		.last = time,
		.count = count};
}

static void put(struct import_gather *g, const char *owner, const char *rdata, int64_t time, int64_t count,
	bool is_event)
{
	struct query_record r = record_of(owner, rdata, time, count);

	CU_ASSERT_TRUE(import_gather_put(g, &r, is_event));
}

static void gathers(void)
{
	int calls = 0;

	for (int add = 0; add < 2; add++) {
		struct import_gather *g = import_gather_new(add, take_owner, &calls);
		calls = 0;
		imported[0] = '\0';
		put(g, "a", "1", 5, 1, true);
		put(g, "b", "1", 6, 7, false);
		put(g, "a", "1", 3, 2, true);
		put(g, "b", "1", 9, 3, false);
		put(g, "a", "2", 4, 1, true);
		CU_ASSERT_TRUE(import_gather_flush(g));
		CU_ASSERT_EQUAL(calls, 2); // the records of an owner together
		CU_ASSERT_STRING_EQUAL(imported,
			add ? "a A 2 4 4 1;a A 1 3 5 3;b A 1 6 9 10;" : "a A 2 4 4 1;a A 1 3 5 3;b A 1 6 9 7;");
		imported[0] = '\0';
		put(g, "a", "1", 8, 1, true);
		put(g, "b", "1", 8, 2, false);
		CU_ASSERT_TRUE(import_gather_flush(g));
		// events: the sum of both times, unless Redis adds them
		CU_ASSERT_STRING_EQUAL(imported, add ? "a A 1 8 8 1;b A 1 8 8 2;" : "a A 1 8 8 4;b A 1 8 8 2;");
		CU_ASSERT_EQUAL(import_gather_forgotten(g), 0);
		import_gather_free(g);
	}
}

static bool count_records(void *arg, const struct query_record *records, size_t len)
{
	uint64_t *sums = arg;

	CU_ASSERT_TRUE(len <= IMPORT_OWNER_RECORDS);
	sums[0] += len;
	for (size_t i = 0; i < len; i++)
		sums[1] = records[i].count > (int64_t)sums[1] ? (uint64_t)records[i].count : sums[1];
	return true;
}

// More than there is room for: everything is given out, and counts go on.
static void gathers_much(void)
{
	uint64_t sums[2] = {0, 0};
	struct import_gather *g = import_gather_new(false, count_records, sums);
	char owner[32], rdata[32];

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < 200000; i++) {
			snprintf(owner, sizeof(owner), "n%d.example", i % 50 == 0 ? 0 : i);
			snprintf(rdata, sizeof(rdata), "r%d", i);
			put(g, owner, rdata, 1 + i, 3, true);
		}
	}
	CU_ASSERT_TRUE(import_gather_flush(g));
	CU_ASSERT_TRUE(sums[0] >= 200000);
	CU_ASSERT_EQUAL(sums[1], 6);
	import_gather_free(g);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"lines of others", imports},
		{"formats", formats},
		{"chains of CNAMEs", chains},
		{"times", times},
		{"units", units},
		{"adding up", gathers},
		{"adding up much", gathers_much},
	};
	return unit_run("import", tests, sizeof(tests) / sizeof(*tests));
}
