// SPDX-License-Identifier: BSD-3-Clause
// Lists of names, and connections of encrypted DNS. Expressions need an EAL: tests/e2e/test_xdp.sh.
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/packet/encrypted.h"
#include "dataplane/admit/filter.h"
#include "tests/tools/frame.h"
#include "tests/tools/guard.h"
#include "tests/tools/message.h"
#include "tests/tools/unit.h"

static struct filter_names *read_text(const char *text, char *why, size_t why_size)
{
	char path[] = "/tmp/unit_filter.XXXXXX";
	int fd = mkstemp(path);
	size_t size = strlen(text);

	CU_ASSERT_EQUAL_FATAL(write(fd, text, size), (ssize_t)size);
	struct filter_names *names = filter_names_read(path, why, why_size);
	close(fd);
	unlink(path);
	return names;
}

static bool has(const struct filter_names *names, const char *text)
{
	uint8_t wire[DNS_NAME_SIZE];
	size_t size = message_wire_name(text, wire);

	dns_name_lower(wire, size);
	return filter_names_has(names, wire, size);
}

static void test_names(void)
{
	static const char list[] = "# names\n"
				   "www.example.com\n"
				   ".Example.NET.   # with what lies under it\r\n"
				   "*.example.org\n"
				   "\n"
				   "deep.a.b.c.example.edu\n"
				   "b.c.example.edu\n";
	static const struct {
		const char *name;
		bool listed;
	} rows[] = {{"www.example.com", true}, {"WWW.example.com", true}, {"example.com", false},
		{"a.www.example.com", false}, {"xwww.example.com", false}, {"com", false}, {"example.net", true},
		{"a.b.example.net", true}, {"xexample.net", false}, {"net", false}, {"example.org", false},
		{"a.example.org", true}, {"deep.a.b.c.example.edu", true}, {"a.b.c.example.edu", false},
		{"b.c.example.edu", true}, {"c.example.edu", false}, {".", false}};
	char why[300];
	struct filter_names *names = read_text(list, why, sizeof(why));

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	CU_ASSERT_EQUAL(filter_names_len(names), 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (has(names, rows[i].name) != rows[i].listed)
			printf("\n  %s: expected %d\n", rows[i].name, rows[i].listed);
		CU_ASSERT_EQUAL(has(names, rows[i].name), rows[i].listed);
	}
	filter_names_free(names);
}

// An octet of a label is not a border between labels: \. and \046 are within one.
static void test_escapes(void)
{
	char why[300];
	struct filter_names *names = read_text("a\\.b.example.com\n\\009x.example.com\n", why, sizeof(why));
	static const uint8_t dotted[] = "\3a.b\7example\3com", tab[] = "\2\tx\7example\3com";

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	CU_ASSERT(filter_names_has(names, dotted, sizeof(dotted)));
	CU_ASSERT(filter_names_has(names, tab, sizeof(tab)));
	CU_ASSERT(!has(names, "a.b.example.com"));
	filter_names_free(names);
}

static void test_refused(void)
{
	char longest[80] = "", why[300];
	memset(longest, 'a', 64);
	const char *rows[] = {"two words\n", "a..b\n", "..a\n", "a\\\n", "a\\25x.b\n", "a\\999\n", longest};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why[0] = '\0';
		CU_ASSERT_PTR_NULL(read_text(rows[i], why, sizeof(why)));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, ":1: found '"));
	}
	CU_ASSERT_PTR_NULL(filter_names_read("/nowhere", why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "/nowhere: cannot be read"));
	CU_ASSERT_PTR_NULL(filter_names_read("/dev/zero", why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(why, "/dev/zero: cannot be read: it is no ordinary file");
	struct filter_names *names = read_text("", why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	CU_ASSERT(!has(names, "a"));
	filter_names_free(names);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_million(void)
{
	enum { MANY = 1000000 };
	char *text = malloc(MANY * 40ul), why[300], name[64];
	size_t size = 0, found = 0;

	for (unsigned i = 0; i < MANY; i++)
		size += (size_t)sprintf(text + size, "%sn%u.zone%u.example\n", i % 2 ? "." : "", i, i % 1000);
	double start = seconds();
	struct filter_names *names = read_text(text, why, sizeof(why));
	double read = seconds();
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	for (unsigned i = 0; i < MANY; i += 7) {
		snprintf(name, sizeof(name), "n%u.zone%u.example", i, i % 1000);
		found += has(names, name);
		snprintf(name, sizeof(name), "a.n%u.zone%u.example", i, i % 1000);
		CU_ASSERT_EQUAL(has(names, name), i % 2 == 1);
		snprintf(name, sizeof(name), "n%u.zone%u.example", i, (i + 1) % 1000);
		CU_ASSERT(!has(names, name));
	}
	CU_ASSERT_EQUAL(found, (MANY + 6) / 7);
	printf("a million names: read in %.2f s, looked up in %.0f ns ...", read - start,
		(seconds() - read) * 1e9 / (3.0 * MANY / 7));
	filter_names_free(names);
	free(text);
}

static void test_encrypted(void)
{
	static const struct {
		const char *words;
		enum encrypted_kind kind;
	} rows[] = {
		{"eth 0800 ip4:06 8000035500000001000000005002ffff00000000", ENCRYPTED_DOT},
		{"eth 8100 0001 0800 ip4:06 8000035500000001000000005002ffff00000000", ENCRYPTED_DOT},
		{"eth 0800 ip4:06 8000035500000001000000005012ffff00000000", ENCRYPTED_NONE},
		{"eth 0800 ip4:06 0355800000000001000000005002ffff00000000", ENCRYPTED_NONE},
		{"eth 86dd ip6:11 udp:8000:0355 c300000001088394c8f03e515708", ENCRYPTED_DOQ},
		{"eth 86dd ip6:11 udp:8000:0355 4300000001088394c8f03e515708", ENCRYPTED_NONE},
		{"eth 0800 ip4:06 800001bb00000001000000005002ffff00000000", ENCRYPTED_DOH},
		{"eth 0800 450000280001000040060000c0000201c6336401 800001bb00000001000000005002ffff00000000",
			ENCRYPTED_NONE},
		{"eth 0806 0001080006040001000000000000000000000000000000000000", ENCRYPTED_NONE},
	};
	struct prefix_list list;
	struct frame frame;
	char why[200];

	CU_ASSERT_EQUAL_FATAL(encrypted_addresses(&list, "builtin", why, sizeof(why)), 0);
	CU_ASSERT(list.len > 50);
	prefix_list_free(&list);
	CU_ASSERT_EQUAL_FATAL(encrypted_addresses(&list, "192.0.2.2", why, sizeof(why)), 0);
	struct prefix_set *doh = prefix_set_new(&list);
	prefix_list_free(&list);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		frame_build(&frame, rows[i].words);
		CU_ASSERT_EQUAL(encrypted_look(frame.bytes, frame.size, LINK_KIND_ETHERNET, doh), rows[i].kind);
		for (size_t size = 0; size < frame.size; size++) { // none reads behind the end
			uint8_t *bytes = guard_copy(frame.bytes, size);
			encrypted_look(bytes, size, LINK_KIND_ETHERNET, doh);
			guard_free(bytes, size);
		}
	}
	CU_ASSERT_EQUAL(encrypted_look(frame.bytes, 0, LINK_KIND_RAW_IP, doh), ENCRYPTED_NONE);
	prefix_set_free(doh);
}

int main(void)
{
	static const struct unit_test tests[] = {{"names", test_names}, {"escapes", test_escapes},
		{"refused", test_refused}, {"a million names", test_million}, {"encrypted DNS", test_encrypted}};

	return unit_run("filter", tests, sizeof(tests) / sizeof(tests[0]));
}
