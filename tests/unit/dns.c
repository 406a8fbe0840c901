// SPDX-License-Identifier: BSD-3-Clause
// Names and messages: what is sound is taken whole, what is not is refused, nothing is over-read.
#include <stdlib.h>

#include "dataplane/dns/dns.h"
#include "tests/tools/guard.h"
#include "tests/tools/message.h"
#include "tests/tools/unit.h"

static struct hash_key key = {{1, 3, 5, 7}};

static size_t read_name(const void *bytes, size_t size, size_t at, char *text)
{
	struct cursor c = cursor_make(bytes, size);
	uint8_t name[DNS_NAME_SIZE];

	cursor_skip(&c, at);
	size_t got = dns_name_read(&c, name);
	CU_ASSERT_EQUAL(c.bad, got == 0);
	if (got > 0)
		dns_name_text(name, got, text, DNS_NAME_TEXT_SIZE);
	return got;
}

static void names_are_read(void)
{
	static const struct {
		const char *what, *bytes;
		size_t size, at, wire_size;
		const char *text;
	} cases[] = {
		{"root", "\0", 1, 0, 1, "."},
		{"lower case", "\3WwW\7eXaMpLe\3COM\0", 17, 0, 17, "www.example.com"},
		{"only ASCII letters change", "\5@[`{\xc1\0", 7, 0, 7, "\\@[`{\\193"},
		{"pointer", "\3com\0\1a\xc0\0", 9, 5, 7, "a.com"},
		{"pointer to a pointer", "\1b\0\xc0\0\1a\xc0\3", 9, 5, 5, "a.b"},
		{"pointer to itself", "\xc0\0", 2, 0, 0, NULL},
		{"pointer forwards", "\xc0\2\1a\0", 5, 0, 0, NULL},
		{"loop over a label", "\1a\xc0\0", 4, 0, 0, NULL},
		{"pointer cut off", "\0\1a\xc0", 4, 1, 0, NULL},
		{"label cut off", "\3ww", 3, 0, 0, NULL},
		{"no end", "\3www", 4, 0, 0, NULL},
		{"label kind 01", "\x41\0", 2, 0, 0, NULL},
		{"label kind 10", "\x81\0", 2, 0, 0, NULL},
		{"nothing", "", 0, 0, 0, NULL},
		{"special characters", "\7\"().;\\$\0", 9, 0, 9, "\\\"\\(\\)\\.\\;\\\\\\$"},
		{"blank and control", "\3 \t\x7f\0", 5, 0, 5, "\\032\\009\\127"},
	};
	char text[DNS_NAME_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *copy = guard_copy(cases[i].bytes, cases[i].size);
		size_t got = read_name(copy, cases[i].size, cases[i].at, text);
		if (got != cases[i].wire_size || (got > 0 && strcmp(text, cases[i].text) != 0))
			CU_FAIL(cases[i].what);
		guard_free(copy, cases[i].size);
	}
}

static void long_names_have_a_limit(void)
{
	uint8_t wire[400];
	char text[DNS_NAME_TEXT_SIZE];
	size_t size = 0;

	while (size < 254) { // 127 labels of one octet: 255 octets with the root
		wire[size++] = 1;
		wire[size++] = 'x';
	}
	wire[size++] = 0;
	CU_ASSERT_EQUAL(read_name(wire, size, 0, text), 255);
	memmove(wire + 2, wire, size);
	wire[0] = 1;
	wire[1] = 'y';
	CU_ASSERT_EQUAL(read_name(wire, size + 2, 0, text), 0);
}

static void pointers_have_a_limit(void)
{
	uint8_t wire[128] = {0};
	char text[DNS_NAME_TEXT_SIZE];

	for (unsigned hops = 1; hops <= 20; hops++) { // each points to the one before; the first to the root
		wire[1 + 2 * (hops - 1)] = 0xc0;
		wire[2 + 2 * (hops - 1)] = hops == 1 ? 0 : (uint8_t)(1 + 2 * (hops - 2));
		size_t got = read_name(wire, 1 + 2 * hops, 1 + 2 * (hops - 1), text);
		CU_ASSERT_EQUAL(got, hops <= DNS_POINTERS_MAX ? 1 : 0);
	}
}

static void ancestry(void)
{
	static const struct {
		const char *name, *zone;
		bool under;
	} cases[] = {{"www.example.com", "example.com", true}, {"example.com", "example.com", true},
		{"example.com", ".", true}, {"badexample.com", "example.com", false}, {"com", "example.com", false},
		{".", ".", true}, {"a.b", "b.a", false}};
	uint8_t name[DNS_NAME_SIZE], zone[DNS_NAME_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = message_wire_name(cases[i].name, name), z = message_wire_name(cases[i].zone, zone);
		CU_ASSERT_EQUAL(dns_name_is_under(name, n, zone, z), cases[i].under);
	}
}

static struct message sample(void)
{
	struct message m;
	const uint8_t mx[] = {0, 10, 4, 'm', 'a', 'i', 'l', 0xc0, 12};

	message_begin(&m, MESSAGE_RESPONSE, "Example.com", DNS_TYPE_MX);
	message_record(&m, DNS_ANSWER, "@", DNS_TYPE_MX, DNS_CLASS_IN, mx, sizeof(mx));
	message_target(&m, DNS_AUTHORITY, "example.com", DNS_TYPE_NS, "ns.example.com");
	message_a(&m, DNS_ADDITIONAL, "ns.example.com", 1);
	message_record(&m, DNS_ADDITIONAL, ".", DNS_TYPE_OPT, 1232, "", 0);
	return m;
}

static struct dns_message *parsed;

static void a_message_is_taken_apart(void)
{
	struct message m = sample();

	CU_ASSERT_EQUAL_FATAL(dns_parse(parsed, m.wire, m.size), DNS_TAKEN);
	CU_ASSERT_EQUAL(parsed->records_len, 4);
	CU_ASSERT_EQUAL(parsed->id, 0x1234);
	CU_ASSERT_EQUAL(parsed->section_end[DNS_ANSWER], 1);
	CU_ASSERT_EQUAL(parsed->section_end[DNS_AUTHORITY], 2);
	CU_ASSERT_EQUAL(parsed->section_end[DNS_ADDITIONAL], 4);
	CU_ASSERT_EQUAL(parsed->records[0].owner, 0);
	CU_ASSERT_EQUAL(parsed->records[1].owner, 0); // written out, but the same name
	CU_ASSERT_EQUAL(parsed->records[0].rdata_size, 9);
	CU_ASSERT_EQUAL(dns_names_get(parsed->names, 0)->size, 13);
	CU_ASSERT_EQUAL(memcmp(dns_names_bytes(parsed->names, 0), "\7example\3com", 13), 0);
}

static void try_prefix(void *context, const uint8_t *prefix, size_t n)
{
	size_t whole = *(size_t *)context;
	enum dns_verdict verdict = dns_parse(parsed, prefix, n);

	if (n < whole)
		CU_ASSERT(verdict == DNS_MALFORMED);
}

static void every_prefix_is_malformed(void)
{
	struct message m = sample();

	guard_prefixes(m.wire, m.size, try_prefix, &m.size);
}

// Each owner is a label and a pointer to the owner before, the last one a pointer alone. Whether the
// name that it leads to is remembered must not matter.
static void pointers_of_owners_have_a_limit(void)
{
	for (unsigned hops = DNS_POINTERS_MAX - 1; hops <= DNS_POINTERS_MAX + 1; hops++) {
		struct message m;
		size_t before = DNS_HEADER_SIZE;

		message_begin(&m, MESSAGE_RESPONSE, "x", DNS_TYPE_A);
		m.wire[7] = (uint8_t)hops;
		for (unsigned i = 1; i <= hops; i++) {
			size_t owner = m.size;
			if (i < hops)
				message_bytes(&m, "\1a", 2);
			message_u16(&m, 0xc000 | (unsigned)before);
			message_bytes(&m, "\0\1\0\1\0\0\1\54\0\4\300\0\2\1", 14);
			before = owner;
		}
		CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size),
			hops <= DNS_POINTERS_MAX ? DNS_TAKEN : DNS_MALFORMED);
	}
}

static void verdicts(void)
{
	struct message m = sample();
	const struct {
		const char *what;
		size_t at;
		uint8_t value;
		enum dns_verdict verdict;
	} cases[] = {{"QR=0", 2, 0x01, DNS_QUERY}, {"opcode STATUS", 2, 0x91, DNS_NOT_QUERY_ANSWER},
		{"TC=1", 2, 0x83, DNS_TRUNCATED}, {"SERVFAIL", 3, 0x82, DNS_ERROR_RCODE},
		{"NXDOMAIN", 3, 0x83, DNS_TAKEN}, {"two questions", 5, 2, DNS_NOT_QUERY_ANSWER},
		{"no question", 5, 0, DNS_NOT_QUERY_ANSWER}, {"class CH", 28, 3, DNS_NOT_QUERY_ANSWER},
		{"an answer more than there is", 7, 2, DNS_MALFORMED}, {"one fewer", 11, 1, DNS_MALFORMED}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t old = m.wire[cases[i].at];
		m.wire[cases[i].at] = cases[i].value;
		if (dns_parse(parsed, m.wire, m.size) != cases[i].verdict)
			CU_FAIL(cases[i].what);
		m.wire[cases[i].at] = old;
	}
	m.wire[m.size] = 0;
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size + 1), DNS_MALFORMED);
}

// RFC 6891 §6.1.3: the high bits of the RCODE stand in OPT's TTL.
static void extended_rcode(void)
{
	struct message m = sample();

	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_TAKEN);
	m.wire[m.size - 6] = 1; // BADVERS
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_ERROR_RCODE);
}

static void opt_and_tsig_have_their_place(void)
{
	struct message m = sample();

	message_record(&m, DNS_ADDITIONAL, ".", DNS_TYPE_OPT, 1232, "", 0);
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_MALFORMED); // two
	message_begin(&m, MESSAGE_RESPONSE, "a.b", DNS_TYPE_A);
	message_record(&m, DNS_ANSWER, ".", DNS_TYPE_OPT, 1232, "", 0);
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_MALFORMED);
	message_begin(&m, MESSAGE_RESPONSE, "a.b", DNS_TYPE_A);
	message_record(&m, DNS_ADDITIONAL, "a.b", DNS_TYPE_OPT, 1232, "", 0);
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_MALFORMED);
}

static void the_question_is_found(void)
{
	struct message m = sample();

	CU_ASSERT_EQUAL(dns_question_size(m.wire, m.size), 17);
	for (size_t n = 0; n < 29; n++)
		CU_ASSERT_EQUAL(dns_question_size(m.wire, n), 0);
	m.wire[5] = 2;
	CU_ASSERT_EQUAL(dns_question_size(m.wire, m.size), 0);
}

// As many records as fit into a message, each with a name of its own.
static void the_largest_message(void)
{
	static struct message m;
	unsigned records = 0;
	char name[16];

	message_begin(&m, MESSAGE_RESPONSE, ".", DNS_TYPE_A);
	while (m.size + 32 < DNS_MESSAGE_SIZE) {
		snprintf(name, sizeof(name), "n%u", records++);
		message_a(&m, DNS_ANSWER, name, records);
	}
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_TAKEN);
	CU_ASSERT_EQUAL(parsed->records_len, records);
	CU_ASSERT_EQUAL(dns_names_len(parsed->names), records + 1);
	m.size = 0;
	message_begin(&m, MESSAGE_RESPONSE, ".", DNS_TYPE_NS);
	for (records = 0; m.size + DNS_RECORD_MIN_SIZE <= DNS_MESSAGE_SIZE; records++)
		message_record(&m, DNS_ANSWER, ".", 65280, DNS_CLASS_IN, "", 0);
	CU_ASSERT_EQUAL(dns_parse(parsed, m.wire, m.size), DNS_TAKEN);
	CU_ASSERT_EQUAL(parsed->records_len, records);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"names are read", names_are_read},
		{"long names have a limit", long_names_have_a_limit},
		{"pointers have a limit", pointers_have_a_limit},
		{"ancestry", ancestry},
		{"a message is taken apart", a_message_is_taken_apart},
		{"every prefix is malformed", every_prefix_is_malformed},
		{"pointers of owners have a limit", pointers_of_owners_have_a_limit},
		{"verdicts", verdicts},
		{"extended rcode", extended_rcode},
		{"OPT and TSIG have their place", opt_and_tsig_have_their_place},
		{"the question is found", the_question_is_found},
		{"the largest message", the_largest_message},
	};

	parsed = dns_message_new(&key);
	int result = !parsed || unit_run("dns", tests, sizeof(tests) / sizeof(tests[0]));
	dns_message_free(parsed);
	return result;
}
