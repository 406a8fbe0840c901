// SPDX-License-Identifier: BSD-3-Clause
// What people paste, and what it is taken for; types and times that a query narrows by.
#include "tests/tools/unit.h"

#include "collector/question/paste.h"

#include <errno.h>
#include <string.h>

static char why[512];

static void meanings(void)
{
	static const struct {
		const char *text, *meaning, *value;
	} good[] = {// names, in all dresses
		{"WWW.Example.COM.", "name", "www.example.com"}, {"example.com/wiki/Main?x=1#y", "name", "example.com"},
		{"hxxps://user@www[.]example[.]org:8443/path?x=1", "name", "www.example.org"},
		{"h**p://example.com/", "name", "example.com"}, {"u:p@a.b:80", "name", "a.b"},
		{"\"a.b\"", "name", "a.b"}, {"a.b/x/../y", "name", "a.b"}, {"//a.b/c", "name", "a.b"},
		{"“example.com”,", "name", "example.com"}, {"‘example.com’", "name", "example.com"},
		{"<me@example.com>", "name", "example.com"}, {"(example.com);", "name", "example.com"},
		{"me(at)example[dot]com", "name", "example.com"}, {"ns.example.com#53", "name", "ns.example.com"},
		{"http://a.example/?u=http://b.example/", "name", "a.example"},
		{"a.example/?u=http://b.example/", "name", "a.example"},
		{"0/25.2.0.192.in-addr.arpa", "name", "0/25.2.0.192.in-addr.arpa"},
		{"host\\@example.org", "name", "host\\@example.org"}, {"a\\,b.example", "name", "a,b.example"},
		{"a\\*b.example", "name", "a*b.example"}, {"bücher.example", "name", "xn--bcher-kva.example"},
		{"例え。テスト", "name", "xn--r8jz45g.xn--zckzah"}, {"example\u200b.com\ufeff", "name", "example.com"},
		{"my\u2011host.example", "name", "my-host.example"}, {"\u00a0example.com\u00a0", "name", "example.com"},
		{".", "name", "."}, {"org.", "name", "org"}, {"mailto:me@example.com", "name", "example.com"},
		{"192.0.2.1.example", "name", "192.0.2.1.example"}, {"256.0.2.1", "name", "256.0.2.1"},
		{"1-2.example", "name", "1-2.example"},
		// wildcards and patterns
		{"*.Example.com", "below", "*.example.com"}, {".example.com", "below", "*.example.com"},
		{"www.example.*", "stem", "www.example.*"}, {"www.example.*.", "stem", "www.example.*"},
		{"fen*", "pattern", "fen*"}, {"*fence.example", "pattern", "*fence.example"},
		{"f*e.example", "pattern", "f*e.example"}, {"f?nce.example.", "pattern", "f?nce.example"},
		{"*.f*.example", "pattern", "*.f*.example"}, {"f[a-e]nce.example", "pattern", "f[a-e]nce.example"},
		{"/^pay(pal)?/", "regex", "^pay(pal)?"},
		// addresses
		{"192[.]0[.]2[.]1", "address", "192.0.2.1"}, {"192.0.2.7:53", "address", "192.0.2.7"},
		{"192.0.2.7#53", "address", "192.0.2.7"}, {"192.0.2.7|443", "address", "192.0.2.7"},
		{"192.0.2.7/x/y", "address", "192.0.2.7"}, {"http://0xc0.0.2.1/", "address", "192.0.2.1"},
		{"http://3221225985/x", "address", "192.0.2.1"}, {"http://192.0.2.1:8080/24", "address", "192.0.2.1"},
		{"me@192.0.2.1", "address", "192.0.2.1"}, {"2001:DB8:0::1", "address", "2001:db8::1"},
		{"[2001:db8::1]:443", "address", "2001:db8::1"}, {"[2001:db8::1]", "address", "2001:db8::1"},
		{"[2001:db8::1]#53", "address", "2001:db8::1"}, {"http://[2001:db8::1]:80/x", "address", "2001:db8::1"},
		{"https://u:p@[2001:db8::1]/", "address", "2001:db8::1"},
		{"hxxp[:]//[2001:db8::1]:80/", "address", "2001:db8::1"}, {"fe80::1%eth0", "address", "fe80::1"},
		{"[fe80::1%25eth0]:22", "address", "fe80::1"}, {"2001:db8::1:443", "address", "2001:db8::1:443"},
		{"[2001:db8::1]:443/path", "address", "2001:db8::1"}, {"2001:db8::1/path?x", "address", "2001:db8::1"},
		{"me@2001:db8::1", "address", "2001:db8::1"}, {"me@[2001:db8::1]:22", "address", "2001:db8::1"},
		{"http://a.example/x?y=1,2;3|4", "name", "a.example"},
		{"192.0.2.0/0.0.0.255", "prefix", "192.0.2.0/24"}, {"192.0.2.0/0xffffff00", "prefix", "192.0.2.0/24"},
		{"192.0.2.0/0.0.0.0", "prefix", "0.0.0.0/0"}, {"::ffff:192.0.2.1", "address", "::ffff:192.0.2.1"},
		{"[::ffff:192.0.2.1]:53", "address", "::ffff:192.0.2.1"}, {"192.0.2.77/28", "prefix", "192.0.2.64/28"},
		{"192.0.2.0,24", "prefix", "192.0.2.0/24"}, {"192.0.2.0/255.255.255.0", "prefix", "192.0.2.0/24"},
		{"10.0.0.0/255.0.0.0", "prefix", "10.0.0.0/8"}, {"192.0.2.0 / 24", "prefix", "192.0.2.0/24"},
		{"2001:db8::/ffff:ffff::", "prefix", "2001:db8::/32"}, {"192.0.2.*", "prefix", "192.0.2.0/24"},
		{"192.*.*", "prefix", "192.0.0.0/8"}, {"[2001:db8::1]/48", "prefix", "2001:db8::/48"},
		{"0.0.0.0/0", "prefix", "0.0.0.0/0"}, {"::ffff:192.0.2.0/120", "prefix", "::ffff:192.0.2.0/120"},
		{"192.0.2.1 - 192.0.2.9", "range", "192.0.2.1-192.0.2.9"},
		{"192.0.2.1–192.0.2.9", "range", "192.0.2.1-192.0.2.9"},
		{"192.0.2.1..192.0.2.9", "range", "192.0.2.1-192.0.2.9"},
		{"192.0.2.1-9", "range", "192.0.2.1-192.0.2.9"},
		{"2001:db8::1-2001:db8::ff", "range", "2001:db8::1-2001:db8::ff"},
		// words and lists
		{"PayPal", "keyword", "paypal"}, {"BÜCHER", "keyword", "bÜcher"}, {"a.example,b.example", "list", ""},
		{"a.example b.example", "list", ""}, {"seen at evil[.]example today", "list", ""},
		{"192.0.2.1,192.0.2.2", "list", ""}, {"a.example|192.0.2.1", "list", ""},
		{"a.example;b.example", "list", ""}};
	static const char *const bad[] = {"", "  ", "\"\"", "*", "1.2.3.4/99", "192.0.2.0/-1", "2001:db8::/129",
		"192.0.2.0/255.0.255.0", "192.0.2.0/0xff00ff00", "192.0.2.0/0x24", "192.0.2.0/0.0.255.0",
		"192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "a..b", "a\xff.example", "/(/"};
	static struct query_paste p;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		int result = query_understand(&p, good[i].text, why, sizeof(why));
		bool same = result == 0 && strcmp(query_meaning_text[p.meaning], good[i].meaning) == 0 &&
			    strcmp(p.value, good[i].value) == 0;
		if (!same)
			printf("\n'%s': expected %s %s, found %s\n", good[i].text, good[i].meaning, good[i].value,
				result == 0 ? query_meaning_text[p.meaning] : why);
		CU_ASSERT_TRUE(same);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_NOT_EQUAL(query_understand(&p, bad[i], why, sizeof(why)), 0);
		CU_ASSERT_NOT_EQUAL(why[0], '\0');
	}
}

static char items[4096];

static void take_item(void *arg, const char *item, bool several)
{
	struct query_paste p;
	bool understood = several && query_understand_item(&p, item, why, sizeof(why)) == 0;
	size_t used = strlen(items);

	(void)arg;
	snprintf(items + used, sizeof(items) - used, "%s;", !several ? item : understood ? p.value : "-");
}

static void lists(void)
{
	static const struct {
		const char *text, *items;
	} samples[] = {{"a.example,b.example", "a.example;b.example;"}, {"  a.example  ", "a.example;"},
		{"192.0.2.0,24", "192.0.2.0,24;"},
		{"evil[.]example (192.0.2.1), then \"c.example\"!", "evil.example;192.0.2.1;-;c.example;"},
		{"[2001:db8::1]:443 [a.example]", "2001:db8::1;a.example;"},
		{"http://a.example/x,http://b.example:80/y", "a.example;b.example;"},
		{"http://a.example/x?y=1,2,b.example;192.0.2.1|c[.]example",
			"a.example;b.example;192.0.2.1;c.example;"},
		{"http://a.example/x, http://b.example/y;z", "a.example;b.example;"},
		{"\"a.example\",\"b.example\"", "a.example;b.example;"},
		{"[\"a.example\", \"192.0.2.1\"]", "a.example;192.0.2.1;"}, {"a.example fen*", "a.example;-;"},
		{"at a.example. Or so.", "-;a.example;-;-;"}, {"a.example 1.2.3.4/99", "a.example;-;"},
		{"a.example\n192.0.2.1-192.0.2.3\t*.b.example", "a.example;192.0.2.1-192.0.2.3;*.b.example;"}, {"", ""},
		{"a\\,b.example", "a\\,b.example;"}};

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		items[0] = '\0';
		query_paste_items(samples[i].text, take_item, NULL);
		CU_ASSERT_STRING_EQUAL(items, samples[i].items);
	}
}

static void queries(void)
{
	static const struct {
		const char *text, *said;
	} refused[] = {{"fen*", "/dnsdb/v2/glob/rrnames/fen*"},
		{"*fence.example", "/dnsdb/v2/glob/rrnames/*fence.example"}, {"f*e.example", "glob"},
		{"/^a/", "/dnsdb/v2/regex/rrnames/^a"}, {"a.example,b.example", "/api/bulk"}};
	struct query q = query_make(QUERY_NAME);

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		CU_ASSERT_NOT_EQUAL(query_parse(&q, refused[i].text, why, sizeof(why)), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, refused[i].said));
	}
	static const char *const patterns[] = {"fen*", "*fence.example", "f*e.example", "f?nce.example", "*.*.example",
		"a.*.b", "f[a-e]nce.example"};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		CU_ASSERT_EQUAL(query_parse_name(&q, patterns[i], why, sizeof(why)), -ENOTSUP);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, "found a pattern"));
		CU_ASSERT_EQUAL(query_parse_target(&q, patterns[i], why, sizeof(why)), -ENOTSUP);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, "found a pattern"));
		CU_ASSERT_NOT_EQUAL(query_parse_keyword(&q, patterns[i], why, sizeof(why)), 0);
	}
	CU_ASSERT_EQUAL(query_parse_name(&q, "\\*.example", why, sizeof(why)), 0);
	CU_ASSERT(q.kind == QUERY_NAME && strcmp(q.name, "*.example") == 0);
	CU_ASSERT(query_parse(&q, "::ffff:192.0.2.1", why, sizeof(why)) == 0 && q.address_size == 4 && q.mapped);
	CU_ASSERT(query_parse(&q, "192.0.2.1", why, sizeof(why)) == 0 && q.address_size == 4 && !q.mapped);
	CU_ASSERT(query_parse_bailiwick(&q, "*.COM.", why, sizeof(why)) == 0 && q.bailiwick_kind == QUERY_SUBTREE &&
		  strcmp(q.bailiwick, "com") == 0);
	CU_ASSERT_NOT_EQUAL(query_parse_bailiwick(&q, "ex*.com", why, sizeof(why)), 0);
}

static bool fits(enum query_kind kind, const char *types)
{
	struct query q = query_make(kind);

	return query_parse_types(&q, types, why, sizeof(why)) == 0 && query_fit_types(&q, why, sizeof(why)) == 0;
}

static void types(void)
{
	CU_ASSERT(fits(QUERY_ADDRESSES, "A") && fits(QUERY_ADDRESSES, "AAAA") && fits(QUERY_ADDRESSES, "any") &&
		  fits(QUERY_ADDRESSES, "a,aaaa"));
	CU_ASSERT(
		!fits(QUERY_ADDRESSES, "MX") && !fits(QUERY_ADDRESSES, "any-dnssec") && !fits(QUERY_ADDRESSES, "a,mx"));
	static const enum query_kind targets[] = {QUERY_TARGET, QUERY_TARGET_SUBTREE, QUERY_TARGET_STEM,
		QUERY_TARGET_GLOB, QUERY_TARGET_REGEX};
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		CU_ASSERT(fits(targets[i], "ns,mx,https") && fits(targets[i], "any") && !fits(targets[i], "TXT") &&
			  !fits(targets[i], "ns,txt") && !fits(targets[i], "a") && !fits(targets[i], "any-dnssec") &&
			  !fits(targets[i], "type65400"));
	CU_ASSERT(fits(QUERY_NAME, "TXT") && fits(QUERY_SUBTREE, "any-dnssec"));
}

static void spans(void)
{
	static const struct {
		const char *text;
		int64_t first, last;
	} good[] = {{"2025-02-24", 1740355200, 1740441599}, {"2024-02-29", 1709164800, 1709251199},
		{"2025-02", 1738368000, 1740787199}, {"2024-12", 1733011200, 1735689599},
		{"2025-02-24 10:20", 1740392400, 1740392459}, {"2025-02-24T10:20Z", 1740392400, 1740392459},
		{"2025-02-24T10:20:30Z", 1740392430, 1740392430}, {"2025-02-24t10:20:30.123z", 1740392430, 1740392430},
		{"2025-02-24T12:20:30+02:00", 1740392430, 1740392430},
		{"2025-02-24 05:20:30-0500", 1740392430, 1740392430}, {"1740392430", 1740392430, 1740392430},
		{"-60", 940, 940}, {"1d", -85400, -85400}};
	static const char *const bad[] = {"2025-02-30", "2025-13-01", "2025-04-31", "2025-02-24T25:00:00Z",
		"2025-02-24x", "2025-02-24T10:20:30+99", "24.02.2025", ""};
	int64_t t;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CU_ASSERT(query_parse_time(&t, good[i].text, 1000, why, sizeof(why)) == 0 && t == good[i].first);
		CU_ASSERT(query_parse_until(&t, good[i].text, 1000, why, sizeof(why)) == 0 && t == good[i].last);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_NOT_EQUAL(query_parse_until(&t, bad[i], 1000, why, sizeof(why)), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"meanings", meanings}, {"lists", lists}, {"queries", queries},
		{"types", types}, {"spans of time", spans}};
	return unit_run("paste", tests, sizeof(tests) / sizeof(*tests));
}
