// SPDX-License-Identifier: BSD-3-Clause
// What people write: names, Unicode, lists, types and times.
#include "tests/tools/unit.h"

#include "collector/query/query.h"

static char why[512];

static void names(void)
{
	static const struct {
		const char *text, *name;
	} good[] = {{"www.Example.COM", "www.example.com"}, {"example.com.", "example.com"}, {".", "."},
		{"a\\.b.example", "a\\.b.example"}, {"\\065\\066.example", "ab.example"}, {"\\000.x", "\\000.x"},
		{"_dmarc.example", "_dmarc.example"}, {"a\\@b.example", "a\\@b.example"}};
	static const char *const bad[] = {"", "..", "a..b", ".a", "a b", "a\\", "a\\12", "a\\256", "a\\1x2",
		"0123456789012345678901234567890123456789012345678901234567890123.example"};
	char out[TEXT_NAME_SIZE], longest[300] = "";

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CU_ASSERT(query_name(good[i].text, strlen(good[i].text), out) > 0);
		CU_ASSERT_STRING_EQUAL(out, good[i].name);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(query_name(bad[i], strlen(bad[i]), out), 0);
	for (int i = 0; i < 127; i++)
		strcat(longest, "a.");
	CU_ASSERT_EQUAL(query_name(longest, 253, out), 253); // 255 octets in wire form
	CU_ASSERT_EQUAL(query_name(longest, 254, out), 253);
	strcat(longest, "a");
	CU_ASSERT_EQUAL(query_name(longest, 255, out), 0);
}

static void refanged(void)
{
	static const struct {
		const char *text, *plain;
	} samples[] = {{"billingnow[.]com", "billingnow.com"}, {"207[.]148[.]248[.]143", "207.148.248.143"},
		{"hxxps://www[.]example(.)com:8443/a?b#c", "www.example.com"}, {" example.com\n", "example.com"},
		{"http://user:secret@example.net/x", "example.net"}, {"someone[@]example[.]org", "example.org"},
		{"hxxp[:]//[2001:db8::1]:80/", "2001:db8::1"}, {"example[dot]com", "example.com"},
		{"2001:db8::1", "2001:db8::1"}, {"a\\@b.example", "a\\@b.example"}};
	char out[256];

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		CU_ASSERT_TRUE(query_refang(samples[i].text, out, sizeof(out)));
		CU_ASSERT_STRING_EQUAL(out, samples[i].plain);
	}
	CU_ASSERT_FALSE(query_refang("example.com", out, 5));
}

static void internationalised(void)
{
	struct query q = query_make(QUERY_NAME);

	CU_ASSERT_EQUAL(query_parse(&q, "Bücher.example", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(q.name, "xn--bcher-kva.example");
	CU_ASSERT_EQUAL(query_parse(&q, "*.straße[.]example", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(q.kind, QUERY_SUBTREE);
	CU_ASSERT_STRING_EQUAL(q.name, "xn--strae-oqa.example");
	CU_ASSERT_EQUAL(query_parse(&q, "www.例え。テスト", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(q.name, "www.xn--r8jz45g.xn--zckzah");
	CU_ASSERT_EQUAL(query_parse_target(&q, "ns.münchen.*", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(q.kind, QUERY_TARGET_STEM);
	CU_ASSERT_STRING_EQUAL(q.name, "ns.xn--mnchen-3ya");
	CU_ASSERT_NOT_EQUAL(query_parse(&q, "a\xff\xfe.example", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse(&q, "\xc3", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(query_parse_keyword(&q, "BÜCHER", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(q.name, "bucher");
	CU_ASSERT_EQUAL(alike(q.name, q.name_len, "xn--bcherladen-9db.example", 26), ALIKE_HOMOGLYPH);
	CU_ASSERT_EQUAL(query_parse_keyword(&q, "例え", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(q.name, "xn--r8jz45g");
}

static void pasted(void)
{
	struct query q = query_make(QUERY_NAME);
	char text[TEXT_ADDRESS_SIZE];

	CU_ASSERT(query_parse(&q, "*.Example.com", why, sizeof(why)) == 0 && q.kind == QUERY_SUBTREE);
	CU_ASSERT_STRING_EQUAL(q.name, "example.com");
	CU_ASSERT(query_parse(&q, "www.example.*.", why, sizeof(why)) == 0 && q.kind == QUERY_STEM);
	CU_ASSERT_STRING_EQUAL(q.name, "www.example");
	CU_ASSERT(query_parse(&q, "192.0.2.77,28", why, sizeof(why)) == 0 && q.kind == QUERY_ADDRESSES);
	text_address(q.first, 4, text);
	CU_ASSERT_STRING_EQUAL(text, "192.0.2.64");
	text_address(q.last, 4, text);
	CU_ASSERT_STRING_EQUAL(text, "192.0.2.79");
	CU_ASSERT(query_parse(&q, "2001:db8::/33", why, sizeof(why)) == 0 && q.address_size == 16);
	text_address(q.last, 16, text);
	CU_ASSERT_STRING_EQUAL(text, "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff");
	CU_ASSERT_EQUAL(query_parse(&q, "0.0.0.0/0", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(query_parse(&q, "192.0.2.1-192.0.2.9", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_addresses(&q, "192.0.2.9-192.0.2.1", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_addresses(&q, "192.0.2.1-2001:db8::1", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_addresses(&q, "192.0.2.0/33", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_addresses(&q, "192.0.2.0/-1", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse(&q, "not a name", why, sizeof(why)), 0);
}

static void types_and_times(void)
{
	struct query q = query_make(QUERY_NAME);
	int64_t t = 0;

	CU_ASSERT_EQUAL(query_parse_types(&q, "a,Aaaa,type65534", why, sizeof(why)), 0);
	CU_ASSERT(query_has_type(&q, "AAAA", 4) && query_has_type(&q, "TYPE65534", 9) && !query_has_type(&q, "MX", 2));
	CU_ASSERT_NOT_EQUAL(query_parse_types(&q, "nosuch", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(query_parse_types(&q, "15,65400", why, sizeof(why)), 0);
	CU_ASSERT(query_has_type(&q, "MX", 2) && query_has_type(&q, "TYPE65400", 9) && !query_has_type(&q, "A", 1));
	CU_ASSERT_NOT_EQUAL(query_parse_types(&q, "65536", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_types(&q, "15x", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(query_parse_types(&q, "ANY", why, sizeof(why)), 0);
	CU_ASSERT(query_has_type(&q, "MX", 2) && !query_has_type(&q, "DS", 2));
	CU_ASSERT_EQUAL(query_parse_types(&q, "ANY-DNSSEC", why, sizeof(why)), 0);
	CU_ASSERT(!query_has_type(&q, "MX", 2) && query_has_type(&q, "DS", 2));
	CU_ASSERT(query_parse_time(&t, "1700000000", 99, why, sizeof(why)) == 0 && t == 1700000000);
	CU_ASSERT(query_parse_time(&t, "-60", 1000, why, sizeof(why)) == 0 && t == 940);
	CU_ASSERT(query_parse_time(&t, "2d", 200000, why, sizeof(why)) == 0 && t == 27200);
	CU_ASSERT(query_parse_time(&t, "2024-01-31", 0, why, sizeof(why)) == 0 && t == 1706659200);
	CU_ASSERT(query_parse_time(&t, "2024-01-31T12:00:00Z", 0, why, sizeof(why)) == 0 && t == 1706702400);
	CU_ASSERT_NOT_EQUAL(query_parse_time(&t, "yesterday", 0, why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(query_parse_time(&t, "99999999999999999999", 0, why, sizeof(why)), 0);
	CU_ASSERT(query_parse_order(&q, "-count", why, sizeof(why)) == 0 && q.descending);
	CU_ASSERT_NOT_EQUAL(query_parse_order(&q, "size", why, sizeof(why)), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"names", names},
		{"defanged text and URLs", refanged},
		{"what is pasted", pasted},
		{"internationalised names", internationalised},
		{"types, times, orders", types_and_times},
	};
	return unit_run("question", tests, sizeof(tests) / sizeof(*tests));
}
