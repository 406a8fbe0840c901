// SPDX-License-Identifier: BSD-3-Clause
// Patterns, look-alikes, RDATA, records as JSON.
#include "tests/tools/unit.h"

#include "collector/query/json.h"
#include "collector/query/match.h"
#include "collector/query/rdata.h"
#include "collector/query/rdata_wire.h"

static char why[512];

static bool globs(const char *pattern, const char *text)
{
	return query_match_glob(pattern, text, strlen(text));
}

static void patterns(void)
{
	CU_ASSERT(globs("*", "") && globs("*.example.*", "a.example.com") && globs("a?c", "abc"));
	CU_ASSERT(globs("[a-c]x", "bx") && !globs("[a-c]x", "dx") && globs("[!a]x", "bx") && globs("\\*x", "*x"));
	CU_ASSERT(!globs("a*b", "ac") && !globs("", "a") && globs("a*b*c", "aXbYbZc"));
	struct query q = query_make(QUERY_REGEX);
	CU_ASSERT_EQUAL(query_parse_pattern(&q, QUERY_REGEX, "^a\\.b$", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_pattern(&q, QUERY_REGEX, "a\\", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_pattern(&q, QUERY_REGEX, "(a)\\1", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(query_parse_pattern(&q, QUERY_REGEX, "(a)\\\\1", why, sizeof(why)), 0);
	// what would take an exponential matcher for ever
	CU_ASSERT_FALSE(
		globs("*a*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static bool is_regex(const char *pattern)
{
	struct query q = query_make(QUERY_REGEX);

	return query_parse_pattern(&q, QUERY_REGEX, pattern, why, sizeof(why)) == 0;
}

static bool finds(const char *pattern, const char *text)
{
	struct query_regex *regex = query_regex_compile(pattern, why, sizeof(why));
	bool found = regex && query_regex_matches(regex, text, strlen(text));

	query_regex_free(regex);
	return found;
}

static void regexes(void)
{
	static const char *const large[] = {"((a{1,100}){1,100}){1,100}", "((a{1,200}){1,200}){1,200}",
		"(((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9}", "a{1001}", "(x+y?x+){999}",
		"([a-z]{1,63}\\.){127}", "(?:(?:(?:.?){30}){30}){30}", "(a)\\1", "(?=a)b", "(?<=a)b", "a**", "[z-a]",
		"(((("};
	char deep[512];

	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++)
		CU_ASSERT_FALSE(is_regex(large[i]));
	memset(deep, '(', 255);
	memset(deep + 255, ')', 255);
	deep[510] = '\0';
	(void)is_regex(deep); // either way, at once
	CU_ASSERT(finds("^pay(pal)?[0-9]+\\.", "PAYPAL1.example") && !finds("^pay(pal)?[0-9]+\\.", "paypal.example"));
	CU_ASSERT(finds("[[:digit:]]{3}$", "a123") && finds("^\\w+\\.\\d$", "a_b.1") && finds("a|b", "xb") &&
		  finds("\\x61", "a"));
	CU_ASSERT_FALSE(
		finds("(x+x+)+y", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
}

static void late_regex(void)
{
	struct query_regex *regex = query_regex_compile("a", why, sizeof(why));
	int matched = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(regex);
	query_regex_until(regex, 0); // long ago
	for (int i = 0; i < 1000; i++)
		matched += query_regex_matches(regex, "a", 1);
	CU_ASSERT(matched < 100);
	query_regex_free(regex);
}

static size_t needles_of(const char *pattern)
{
	struct query_run run = {.q = query_make(QUERY_REGEX)};
	struct names_needles needles;

	strcpy(run.q.name, pattern);
	query_match_needles(&run, &needles);
	return needles.len;
}

static void needles(void) // what a pattern only seems to hold is not looked for
{
	CU_ASSERT_EQUAL(needles_of("^pay\\.com$"), 1);
	CU_ASSERT_EQUAL(needles_of("\\x41bc") + needles_of("\\pLabc") + needles_of("\\101bc") + needles_of("\\Qa+b\\E"),
		0);
}

static bool is_in(enum query_kind kind, const char *name, const char *text)
{
	struct query_run run = {.q = query_make(kind)};

	run.q.name_len = strlen(name);
	strcpy(run.q.name, name);
	return query_match(&run, text, strlen(text));
}

static void wildcards(void)
{
	CU_ASSERT(is_in(QUERY_SUBTREE, "example.com", "example.com"));
	CU_ASSERT(is_in(QUERY_SUBTREE, "example.com", "www.example.com"));
	CU_ASSERT_FALSE(is_in(QUERY_SUBTREE, "example.com", "badexample.com"));
	CU_ASSERT_FALSE(is_in(QUERY_SUBTREE, "example.com", "a\\.example.com")); // one label: "a.example"
	CU_ASSERT(is_in(QUERY_SUBTREE, "example.com", "a\\\\.example.com"));
	CU_ASSERT(is_in(QUERY_SUBTREE, ".", "anything"));
	CU_ASSERT(is_in(QUERY_STEM, "www.example", "www.example.org"));
	CU_ASSERT_FALSE(is_in(QUERY_STEM, "www.example", "www.example"));
	CU_ASSERT_FALSE(is_in(QUERY_STEM, "www.example", "www.examples.org"));
}

static void rdata(void)
{
	static const struct {
		const char *type, *text, *canonical;
	} samples[] = {{"A", "192.0.2.1", "192.0.2.1"}, {"AAAA", "2001:DB8:0:0::1", "2001:db8::1"},
		{"MX", "10 Mail.Example.com.", "10 mail.example.com"}, {"NS", "NS1.example.", "ns1.example"},
		{"TXT", "v=spf1 -all", "\"v=spf1 -all\""}, {"TXT", "\"bücher\"", "\"b\\195\\188cher\""},
		{"TXT", "bücher", "\"b\\195\\188cher\""}, {"TXT", "\"a\tb\"\t\"c\"", "\"a\\009b\" \"c\""},
		{"NS", "ns.Bücher.example.", "ns.xn--bcher-kva.example"},
		{"MX", "10 例え。テスト", "10 xn--r8jz45g.xn--zckzah"},
		{"CAA", "0 issue\t\"ü\"", "0 issue \"\\195\\188\""}, {"HINFO", "\"ü\" \"x\"", "\"\\195\\188\" \"x\""},
		{"TXT", "\"a\" \"b\"", "\"a\" \"b\""},
		{"SOA", "ns1.example. root.example. 1 2 3 4 5", "ns1.example root.example 1 2 3 4 5"},
		{"DS", "60485 8 2 D4B7 D520", "60485 8 2 d4b7d520"}, {"MX", "\\# 3 000a00", "\\# 3 000a00"},
		{"CAA", "0 issue \"ca.example\"", "0 issue \"ca.example\""},
		{"TYPE65534", "\\# 3 ABCD 0F", "\\# 3 abcd0f"}, {"TYPE65534", "\\# 0 ", "\\# 0"},
		{"A", "\\# 1 0A", "\\# 1 0a"}, {"SVCB", "0 Alias.example.", "0 alias.example"},
		{"HTTPS", "1 . alpn=\"h2,h3\" key65400=\"a. b.\"", "1 . alpn=\"h2,h3\" key65400=\"a. b.\""},
		{"HTTPS", "2 H.example. port=\"8443\"", "2 h.example port=\"8443\""},
		{"NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a b@c!\" Nap.example.",
			"100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a b@c!\" nap.example"}};
	static const char *const bad[][2] = {{"A", "2001:db8::1"}, {"A", "x"}, {"AAAA", "192.0.2.1"}, {"MX", "10"},
		{"NS", "a b"}, {"SOA", "a b 1"}, {"DS", "1 2 3 xyz"}, {"A", ""}, {"SVCB", "1"},
		{"TYPE65534", "\\# 3 abcd"}, {"TYPE65534", "\\# x"}, {"TYPE65534", "\\# 1 zz"}, {"HTTPS", "1 a..b"},
		{"NAPTR", "1 2 \"u\" \"\" \"a b.example."}, {"NS", "a\xff.example"}, {"CNAME", "xn--ü.example"}};
	char out[256];

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		CU_ASSERT(query_rdata_canonical(samples[i].type, samples[i].text, out, sizeof(out)) > 0);
		CU_ASSERT_STRING_EQUAL(out, samples[i].canonical);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(query_rdata_canonical(bad[i][0], bad[i][1], out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(query_rdata_canonical("NS", "ns1.example", out, 5), 0);
}

// Wire form → text → wire form.
static void rdata_wire(void)
{
	static const struct {
		uint16_t type;
		const char *mnemonic;
		size_t size;
		const char *wire;
	} samples[] = {{2, "NS", 8, "\2ns\3a.b\0"}, {5, "CNAME", 6, "\4\0\xff\\\"\0"},
		{15, "MX", 7, "\xff\xff\1a\1b\0"}, {33, "SRV", 9, "\0\1\0\2\377\377\1a\0"},
		{6, "SOA", 26, "\1a\0\1b\0\377\377\377\377\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"},
		{64, "SVCB", 5, "\0\1\1a\0"}, {65, "HTTPS", 21, "\0\1\1a\0\0\1\0\14\2h2\10a,b\\\"\1\0\xff"},
		{65, "HTTPS", 13, "\0\1\1a\0\0\2\0\0\377\376\0\0"}, {65, "HTTPS", 11, "\0\1\1a\0\0\3\0\2\40\373"},
		{65, "HTTPS", 17, "\0\1\1a\0\0\4\0\10\300\0\2\1\300\0\2\2"},
		{65, "HTTPS", 25, "\0\1\1a\0\0\6\0\20\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1"},
		{65, "HTTPS", 14, "\0\1\1a\0\0\5\0\5\0\1\377\376\7"}, {65, "HTTPS", 13, "\0\1\1a\0\0\0\0\4\0\1\0\3"},
		{65, "HTTPS", 14, "\0\1\1a\0\377\170\0\5\"\\ \0\xff"}};
	uint8_t wire[64];
	char text[256];

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		size_t len = text_rdata(samples[i].type, (const uint8_t *)samples[i].wire, samples[i].size, text,
			sizeof(text));
		struct query_record r = {.type = samples[i].mnemonic,
			.type_len = strlen(samples[i].mnemonic),
			.rdata = text,
			.rdata_len = len};
		size_t size = query_rdata_wire(&r, wire, sizeof(wire));
		CU_ASSERT_EQUAL(size, samples[i].size);
		CU_ASSERT_EQUAL(memcmp(wire, samples[i].wire, size), 0);
		for (size_t room = 0; room < samples[i].size; room++)
			CU_ASSERT_EQUAL(query_rdata_wire(&r, wire, room), 0);
	}
	static const char *const bad[][2] = {{"MX", "65536 a"}, {"MX", "x a"}, {"MX", "10"}, {"MX", "1 a b"},
		{"NS", "a b"}, {"SOA", "a b 1 2 3 4 4294967296"}, {"TXT", "\"a\""}, {"HTTPS", "1 a port=\"65536\""},
		{"HTTPS", "1 a nosuch=\"1\""}, {"HTTPS", "1 a ipv4hint=\"x\""}, {"HTTPS", "1 a key65536=\"\""},
		{"HTTPS", "1 a alpn=h2"}, {"NS", "\\# 3 016100"}, {"HTTPS", "1 a ech=\"*\""},
		{"HTTPS", "1 a alpn=\"\\25\""}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct query_record r = {.type = bad[i][0],
			.type_len = strlen(bad[i][0]),
			.rdata = bad[i][1],
			.rdata_len = strlen(bad[i][1])};
		CU_ASSERT_EQUAL(query_rdata_wire(&r, wire, sizeof(wire)), 0);
	}
}

static void json(void)
{
	struct redis_buffer out = {0};
	const struct query_record r = {.owner = "a.example",
		.owner_len = 9,
		.type = "TXT",
		.type_len = 3,
		.rdata = "\"x\\\"y\"",
		.rdata_len = 6,
		.first = 1,
		.last = 2,
		.count = 3};
	struct query_format format = {.rdata_lookup = true};

	query_json_dnsdb(&out, &r, &format);
	query_put(&out, "", 1);
	CU_ASSERT_STRING_EQUAL(out.bytes, "{\"count\":3,\"time_first\":1,\"time_last\":2,\"rrname\":\"a.example.\","
					  "\"rrtype\":\"TXT\",\"rdata\":\"\\\"x\\\\\\\"y\\\"\"}");
	redis_buffer_clear(&out);
	const char naptr[] = "1 2 \"u\" \"\" \"a b c\" n.example";
	query_put_rdata(&out,
		&(struct query_record){.type = "NAPTR", .type_len = 5, .rdata = naptr, .rdata_len = sizeof(naptr) - 1});
	query_put(&out, "", 1);
	CU_ASSERT_STRING_EQUAL(out.bytes, "\"1 2 \\\"u\\\" \\\"\\\" \\\"a b c\\\" n.example.\"");
	redis_buffer_clear(&out);
	query_csv(&out, &r);
	query_put(&out, "", 1);
	CU_ASSERT_STRING_EQUAL(out.bytes, "\"a.example\",\"TXT\",\"\"\"x\\\"\"y\"\"\",1,2,3\r\n");
	redis_buffer_free(&out);
}

int main(void)
{
	static const struct unit_test tests[] = {{"globs", patterns}, {"regular expressions", regexes},
		{"a late one", late_regex}, {"needles of patterns", needles}, {"wildcards", wildcards},
		{"rdata of others", rdata}, {"rdata in wire form", rdata_wire}, {"JSON and CSV", json}};
	return unit_run("query", tests, sizeof(tests) / sizeof(*tests));
}
