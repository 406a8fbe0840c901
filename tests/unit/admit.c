// SPDX-License-Identifier: BSD-3-Clause
// Admission and query matching: nothing believed that should not be.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dataplane/admit/admit.h"
#include "tests/tools/message.h"
#include "tests/tools/unit.h"

static struct hash_key key = {{11, 13, 17, 19}};
static struct dns_message *parsed;
static struct admit *admit;
static struct admit_options options;
static struct worker_stats stats;

// Admits `m` and returns the taken records' indices as text: "0 2 3".
static const char *taken_of(const struct message *m)
{
	static char text[256];
	const uint16_t *taken;

	memset(&stats, 0, sizeof(stats));
	text[0] = '\0';
	if (dns_parse(parsed, m->wire, m->size) != DNS_TAKEN)
		return "not taken";
	uint16_t len = admit_message(admit, parsed, &options, &stats, &taken);
	for (uint16_t i = 0; i < len && i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", i ? " " : "", taken[i]);
	CU_ASSERT_EQUAL(len + stats.rr_out_of_bailiwick + stats.rr_type_skipped + stats.rr_section_skipped +
				stats.rr_not_in,
		parsed->records_len);
	return text;
}

static void answers(void)
{
	struct message m;

	admit_options_default(&options);
	message_begin(&m, MESSAGE_RESPONSE, "www.Example.com", DNS_TYPE_A);
	message_a(&m, DNS_ANSWER, "@", 1);
	message_a(&m, DNS_ANSWER, "WWW.example.COM", 2);
	message_a(&m, DNS_ANSWER, "other.example.com", 3);
	message_record(&m, DNS_ANSWER, "@", DNS_TYPE_TXT, DNS_CLASS_CH, "\1x", 2);
	message_record(&m, DNS_ANSWER, "@", DNS_TYPE_ANY, DNS_CLASS_IN, "", 0);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1");
	CU_ASSERT_EQUAL(stats.rr_out_of_bailiwick, 1);
	CU_ASSERT_EQUAL(stats.rr_not_in, 1);
	CU_ASSERT_EQUAL(stats.rr_type_skipped, 1);
}

static void chains_in_any_order(void)
{
	struct message m;

	message_begin(&m, MESSAGE_RESPONSE, "a.example", DNS_TYPE_A);
	message_target(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, "b.example");
	message_target(&m, DNS_ANSWER, "b.example", DNS_TYPE_CNAME, "c.other");
	message_a(&m, DNS_ANSWER, "c.other", 1);
	message_a(&m, DNS_ANSWER, "d.other", 2);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1 2");
	message_begin(&m, MESSAGE_RESPONSE, "a.example", DNS_TYPE_A);
	message_a(&m, DNS_ANSWER, "d.other", 2);
	message_a(&m, DNS_ANSWER, "c.other", 1);
	message_target(&m, DNS_ANSWER, "b.example", DNS_TYPE_CNAME, "c.other");
	message_target(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, "b.example");
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "1 2 3");
	message_begin(&m, MESSAGE_RESPONSE, "a.example", DNS_TYPE_A); // a loop ends
	message_target(&m, DNS_ANSWER, "b.example", DNS_TYPE_CNAME, "a.example");
	message_target(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, "b.example");
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1");
}

static void dname_counts_above_a_reached_name(void)
{
	struct message m;

	message_begin(&m, MESSAGE_RESPONSE, "x.y.old.example", DNS_TYPE_A);
	message_target(&m, DNS_ANSWER, "old.example", DNS_TYPE_DNAME, "new.example");
	message_target(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, "x.y.new.example");
	message_a(&m, DNS_ANSWER, "x.y.new.example", 1);
	message_target(&m, DNS_ANSWER, "elsewhere.example", DNS_TYPE_DNAME, "evil.example");
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1 2");
}

static void authority_and_glue(void)
{
	struct message m;
	const uint8_t ds[] = {0, 1, 8, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
		23, 24, 25, 26, 27, 28, 29, 30, 31, 32};

	message_begin(&m, MESSAGE_RESPONSE, "www.sub.example.com", DNS_TYPE_A);
	message_target(&m, DNS_AUTHORITY, "sub.example.com", DNS_TYPE_NS, "ns1.sub.example.com");	 // 0 glue
	message_target(&m, DNS_AUTHORITY, "sub.example.com", DNS_TYPE_NS, "ns.other.net");		 // 1 no glue
	message_target(&m, DNS_AUTHORITY, "other.net", DNS_TYPE_NS, "ns.other.net");			 // 2 not above
	message_record(&m, DNS_AUTHORITY, "sub.example.com", DNS_TYPE_DS, DNS_CLASS_IN, ds, sizeof(ds)); // 3
	message_a(&m, DNS_AUTHORITY, "sub.example.com", 1);	 // 4 not a type of the section
	message_a(&m, DNS_ADDITIONAL, "ns1.sub.example.com", 2); // 5
	message_a(&m, DNS_ADDITIONAL, "ns.other.net", 3);	 // 6
	message_a(&m, DNS_ADDITIONAL, "www.sub.example.com", 4); // 7
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1 3 5");
	CU_ASSERT_EQUAL(stats.rr_type_skipped, 1);
	CU_ASSERT_EQUAL(stats.rr_out_of_bailiwick, 3);
}

static void sections_narrow(void)
{
	struct message m;
	char why[128];

	message_begin(&m, MESSAGE_RESPONSE, "www.example.com", DNS_TYPE_A);
	message_a(&m, DNS_ANSWER, "@", 1);
	message_target(&m, DNS_AUTHORITY, "example.com", DNS_TYPE_NS, "ns.example.com");
	message_a(&m, DNS_ADDITIONAL, "ns.example.com", 2);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1 2");
	CU_ASSERT_EQUAL(admit_set_sections(&options, "answer", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0");
	CU_ASSERT_EQUAL(admit_set_sections(&options, "answer, authority", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0 1");
	CU_ASSERT_EQUAL(stats.rr_section_skipped, 1);
	CU_ASSERT_NOT_EQUAL(admit_set_sections(&options, "additional", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(admit_set_sections(&options, "", why, sizeof(why)), 0);
	admit_options_default(&options);
}

static void types_narrow(void)
{
	struct message m;
	char why[128];

	message_begin(&m, MESSAGE_RESPONSE, "www.example.com", DNS_TYPE_A);
	message_target(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, "x.example.com");
	message_a(&m, DNS_ANSWER, "x.example.com", 1);
	CU_ASSERT_EQUAL(admit_set_types(&options, "", "cname", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "1"); // the chain is followed although it is not kept
	CU_ASSERT_EQUAL(admit_set_types(&options, "CNAME, TYPE65280", "", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(taken_of(&m), "0");
	CU_ASSERT_NOT_EQUAL(admit_set_types(&options, "A,NOSUCH", "", why, sizeof(why)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "NOSUCH"));
	admit_options_default(&options);
}

// A chain of thousands, backwards: linear time or this test is seen to hang.
static void long_backward_chain(void)
{
	static struct message m;
	static char name[32], target[32];
	const uint16_t *taken;
	enum { LINKS = 1500 };

	message_begin(&m, MESSAGE_RESPONSE, "n0", DNS_TYPE_A);
	message_a(&m, DNS_ANSWER, "n1500", 1);
	for (int i = LINKS; i-- > 0;) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(target, sizeof(target), "n%d", i + 1);
		message_target(&m, DNS_ANSWER, name, DNS_TYPE_CNAME, target);
	}
	CU_ASSERT_EQUAL_FATAL(dns_parse(parsed, m.wire, m.size), DNS_TAKEN);
	for (int round = 0; round < 200; round++)
		CU_ASSERT_EQUAL(admit_message(admit, parsed, &options, &stats, &taken), LINKS + 1);
}

// Processor time of this thread, in µs.
static double clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

// Thousands of reached names with the same 120 ancestors, of which the message speaks of few: each is
// walked past once, and those that own something are found.
static void ancestors_of_many_names(void)
{
	static struct message m;
	enum { LABELS = 120, NAMES = 3000, TYPE_NULL = 10 };
	uint8_t deep[2 * LABELS + 1];
	const uint16_t *taken;
	double parse_us = 1e9, admit_us = 1e9;

	for (int i = 0; i < LABELS; i++)
		memcpy(deep + 2 * i, (uint8_t[]){1, (uint8_t)('a' + i % 26)}, 2);
	deep[sizeof(deep) - 1] = 0;
	message_begin(&m, MESSAGE_RESPONSE, "q", DNS_TYPE_A);
	size_t deep_at = m.size + 2 + 10;
	message_record(&m, DNS_ANSWER, "@", TYPE_NULL, DNS_CLASS_IN, deep, sizeof(deep)); // not a name of its own
	for (int i = 0; i < NAMES; i++) {
		uint8_t target[6] = {3, 'x', (uint8_t)(i >> 8), (uint8_t)i, 0xc0, (uint8_t)deep_at};
		message_record(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, DNS_CLASS_IN, target, sizeof(target));
	}
	// a name reached by another way, whose ancestors begin to be shared half way up
	uint8_t half[5] = {1, 'h', 0xc0, (uint8_t)(deep_at + LABELS), 0};
	message_record(&m, DNS_ANSWER, "@", DNS_TYPE_CNAME, DNS_CLASS_IN, half, 4);
	message_target(&m, DNS_AUTHORITY, ".", DNS_TYPE_NS, "ns.example");
	message_target(&m, DNS_AUTHORITY, "p", DNS_TYPE_NS, "ns.example");  // the last label, above all
	message_target(&m, DNS_AUTHORITY, "zz", DNS_TYPE_NS, "ns.example"); // above none
	for (int round = 0; round < 10; round++) {
		double begin = clock_us();
		CU_ASSERT_EQUAL_FATAL(dns_parse(parsed, m.wire, m.size), DNS_TAKEN);
		double parsed_us = clock_us();
		CU_ASSERT_EQUAL(admit_message(admit, parsed, &options, &stats, &taken), NAMES + 4);
		double end = clock_us();
		parse_us = parsed_us - begin < parse_us ? parsed_us - begin : parse_us;
		admit_us = end - parsed_us < admit_us ? end - parsed_us : admit_us;
	}
	CU_ASSERT(admit_us < 3 * parse_us); // 1.3 times; walking all of each: 4.5
}

// matching ───────────────────────────────────────────────────────────────────────────────────

static const uint8_t client[4] = {198, 51, 100, 7}, server[4] = {192, 0, 2, 53}, other[4] = {192, 0, 2, 54};

static struct pkt packet(const uint8_t *src, unsigned src_port, const uint8_t *dst, unsigned dst_port)
{
	return (struct pkt){.src = src,
		.dst = dst,
		.src_port = (uint16_t)src_port,
		.dst_port = (uint16_t)dst_port,
		.ip_version = 4};
}

static void remember(struct admit_match *t, const struct pkt *pkt, const struct message *m, uint32_t now_s)
{
	struct admit_match_key k;

	admit_match_begin(t, pkt, false, m->wire, m->size, m->size, &k);
	admit_match_query(t, &k, now_s);
}

static bool is_answered(struct admit_match *t, const struct pkt *pkt, bool tcp, const struct message *m, uint32_t now_s)
{
	struct admit_match_key k;

	admit_match_begin(t, pkt, tcp, m->wire, m->size, m->size, &k);
	return admit_match_response(t, &k, now_s);
}

static void a_response_needs_its_query(void)
{
	struct message query, response;
	struct admit_match *t = admit_match_new(1000, 10, false, &key, &stats);

	CU_ASSERT(t && !admit_match_is_huge(t)); // although there may be some
	struct pkt out = packet(client, 4321, server, 53), in = packet(server, 53, client, 4321);
	struct pkt wrong_port = packet(server, 53, client, 4322), wrong_server = packet(other, 53, client, 4321);

	memset(&stats, 0, sizeof(stats));
	message_begin(&query, 0x0100, "wWw.example", DNS_TYPE_A);
	query.wire[0] = query.wire[1] = 0; // 0 is an ID
	response = query;
	response.wire[2] = 0x81;
	remember(t, &out, &query, 100);
	CU_ASSERT_EQUAL(stats.match_held, 1);
	CU_ASSERT_FALSE(is_answered(t, &wrong_port, false, &response, 101));
	CU_ASSERT_FALSE(is_answered(t, &wrong_server, false, &response, 101));
	CU_ASSERT_FALSE(is_answered(t, &in, true, &response, 101));
	response.wire[0] = 1;
	CU_ASSERT_FALSE(is_answered(t, &in, false, &response, 101));
	response.wire[0] = 0;
	response.wire[13] = 'W'; // 0x20: another case is another question
	CU_ASSERT_FALSE(is_answered(t, &in, false, &response, 101));
	response.wire[13] = 'w';
	CU_ASSERT_TRUE(is_answered(t, &in, false, &response, 110));
	CU_ASSERT_FALSE(is_answered(t, &in, false, &response, 110)); // used up
	CU_ASSERT_EQUAL(stats.match_held, 0);
	remember(t, &out, &query, 110);
	CU_ASSERT_FALSE(is_answered(t, &in, false, &response, 121));
	admit_match_free(t);
}

static bool is_same(const struct admit_match_key *a, const struct admit_match_key *b)
{
	return a->half[0] == b->half[0] && a->half[1] == b->half[1];
}

// Short questions are read past their end if the buffer allows it: what is there does not count. Every octet before does.
static void the_whole_question_counts(void)
{
	struct hash_key whole_key;
	hash_key_from(&whole_key, 1);
	struct admit_match *t = admit_match_new(1000, 10, false, &whole_key, &stats);
	static const uint8_t ends[2][16] = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {11, 12}};
	struct admit_match_key k, changed;
	struct message m;
	char name[254] = "";

	for (size_t size = 1; size < sizeof(name); size++) {
		name[size - 1] = size % 50 ? 'a' : '.';
		if (size % 50 == 0)
			continue;
		message_begin(&m, 0x0100, name, DNS_TYPE_A);
		memset(m.wire + m.size, 0xff, 100);
		struct pkt pkt = packet(ends[0], 4321, ends[1], 53);
		pkt.ip_version = size % 2 ? 4 : 6;
		admit_match_begin(t, &pkt, false, m.wire, m.size, m.size + 100, &k);
		CU_ASSERT_EQUAL(k.question_size, size + 6);
		admit_match_begin(t, &pkt, false, m.wire, m.size, m.size, &changed);
		CU_ASSERT(is_same(&k, &changed));
		for (size_t at = 0; at < m.size; at++) {
			if (at >= 2 && at < 12)
				continue;
			m.wire[at] ^= 0x20; // a label octet becomes one that does not fit
			admit_match_begin(t, &pkt, false, m.wire, m.size, m.size + 100, &changed);
			CU_ASSERT(changed.question_size == 0 || !is_same(&k, &changed));
			m.wire[at] ^= 0x20;
		}
	}
	admit_match_free(t);
}

// The clock is set back by an hour: what waits does not wait an hour longer, and new queries are answered.
static void a_clock_set_back(void)
{
	struct message query, response;
	struct admit_match *t = admit_match_new(1000, 10, false, &key, &stats);
	struct pkt out = packet(client, 4321, server, 53), in = packet(server, 53, client, 4321);

	memset(&stats, 0, sizeof(stats));
	message_begin(&query, 0x0100, "one.example", DNS_TYPE_A);
	remember(t, &out, &query, 10000);
	message_begin(&query, 0x0100, "two.example", DNS_TYPE_A);
	response = query;
	response.wire[2] = 0x81;
	remember(t, &out, &query, 6400);
	CU_ASSERT_TRUE(is_answered(t, &in, false, &response, 6402));
	for (int i = 0; i < 3; i++)
		admit_match_expire(t, 6411);
	CU_ASSERT_EQUAL(stats.match_held, 0);
	CU_ASSERT_EQUAL(stats.match_expired, 1);
	admit_match_free(t);
}

static void unanswered_queries_stay_bounded(void)
{
	enum { QUERIES = 10000000 };
	struct message query, response;
	struct admit_match *t = admit_match_new(1000, 10, false, &key, &stats);
	struct pkt out = packet(client, 1, server, 53), in = packet(server, 53, client, 1);

	memset(&stats, 0, sizeof(stats));
	message_begin(&query, 0x0100, "www.example", DNS_TYPE_A);
	response = query;
	response.wire[2] = 0x81;
	for (unsigned i = 0; i < QUERIES; i++) {
		out.src_port = in.dst_port = (uint16_t)i;
		query.wire[0] = response.wire[0] = (uint8_t)(i >> 16);
		remember(t, &out, &query, 100 + i / 1000000);
		if (i % 1000 == 0) // real answers still arrive
			CU_ASSERT_TRUE(is_answered(t, &in, false, &response, 100 + i / 1000000));
	}
	CU_ASSERT(stats.match_held <= 1255) // 251 sets of five;
	CU_ASSERT_EQUAL(stats.match_held + stats.match_evicted + stats.match_expired, QUERIES - QUERIES / 1000);
	for (int i = 0; i < 100; i++)
		admit_match_expire(t, 1000);
	CU_ASSERT_EQUAL(stats.match_held, 0);
	admit_match_free(t);
}

// More queries in a second than there is room for: the older ones go.
static void newest_queries_stay(void)
{
	enum { QUERIES = 100, ROOM = 5 };
	struct message query, response;
	struct admit_match *t = admit_match_new(0, 10, false, &key, &stats); // one set
	struct pkt out = packet(client, 1, server, 53), in = packet(server, 53, client, 1);

	memset(&stats, 0, sizeof(stats));
	message_begin(&query, 0x0100, "www.example", DNS_TYPE_A);
	response = query;
	response.wire[2] = 0x81;
	for (unsigned i = 0; i < QUERIES; i++) {
		out.src_port = (uint16_t)i;
		remember(t, &out, &query, 100);
	}
	for (unsigned i = 0; i < QUERIES; i++) {
		in.dst_port = (uint16_t)i;
		CU_ASSERT_EQUAL(is_answered(t, &in, false, &response, 100), i >= QUERIES - ROOM);
	}
	CU_ASSERT_EQUAL(stats.match_evicted, QUERIES - ROOM);
	CU_ASSERT_EQUAL(stats.match_held, 0);
	admit_match_free(t);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"answers", answers},
		{"chains in any order", chains_in_any_order},
		{"DNAME counts above a reached name", dname_counts_above_a_reached_name},
		{"authority and glue", authority_and_glue},
		{"sections narrow", sections_narrow},
		{"types narrow", types_narrow},
		{"long backward chain", long_backward_chain},
		{"ancestors of many names", ancestors_of_many_names},
		{"a response needs its query", a_response_needs_its_query},
		{"the whole question counts", the_whole_question_counts},
		{"a_clock_set_back", a_clock_set_back},
		{"newest queries stay", newest_queries_stay},
		{"unanswered queries stay bounded", unanswered_queries_stay_bounded},
	};

	parsed = dns_message_new(&key);
	admit = admit_new();
	admit_options_default(&options);
	int result = !parsed || !admit || unit_run("admit", tests, sizeof(tests) / sizeof(tests[0]));
	dns_message_free(parsed);
	admit_free(admit);
	return result;
}
