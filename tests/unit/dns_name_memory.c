// SPDX-License-Identifier: BSD-3-Clause
// Ends of names that were read before: with them, every name of a message is read as without them, or refused as without
// them, in whatever order names come.
#include <stdlib.h>

#include "dataplane/dns/dns.h"
#include "tests/tools/unit.h"

enum { MESSAGES = 400, READS = 400, SIZE_MAX_HERE = 3000 };

static struct hash_key key = {{1, 3, 5, 7}};
static struct dns_names *names;

// Octets that are labels and pointers, mostly to places where one begins.
static size_t make(uint8_t *wire)
{
	size_t starts[SIZE_MAX_HERE], len = 0, size = 1;
	size_t most = 64 + (size_t)random() % (SIZE_MAX_HERE - 64 - 70);
	long pointers = random() % 98, ends = random() % 40, longest = 1 + random() % 10,
	     near = random() % 2 ? 4 : SIZE_MAX_HERE;

	wire[0] = 0;
	while (size < most) {
		starts[len++] = size;
		if (random() % 100 < pointers) {
			size_t to = random() % 20 == 0 ? (size_t)random() % most
						       : starts[len - 1 - (size_t)random() % len % (size_t)near];
			wire[size++] = (uint8_t)(0xc0 | to >> 8);
			wire[size++] = (uint8_t)to;
		} else if (random() % 100 < ends) {
			wire[size++] = random() % 50 == 0 ? 0x40 : 0;
		} else {
			long label = 1 + random() % longest;
			wire[size++] = (uint8_t)label;
			for (; label > 0; label--)
				wire[size++] = (uint8_t)("aBc\1\300"[random() % 5]);
		}
	}
	wire[size++] = 0;
	return size;
}

// Reads the name at `at` of a message that ends at `end` in both ways. True if they agree.
static bool agree(const uint8_t *wire, size_t at, size_t end, bool copy)
{
	struct cursor c = cursor_make(wire, end), d;
	uint8_t name[DNS_NAME_SIZE], other[DNS_NAME_SIZE];

	c.at += at;
	d = c;
	size_t size = dns_name_read(&c, name);
	if (copy) {
		if (dns_names_copy(names, &d, other) != size || c.bad != d.bad || c.at != d.at)
			return false;
		return memcmp(name, other, size) == 0;
	}
	uint16_t index = dns_names_read(names, &d);
	if (index == DNS_NAME_NONE)
		return size == 0 && d.bad;
	return dns_names_get(names, index)->size == size && memcmp(dns_names_bytes(names, index), name, size) == 0;
}

static void names_are_the_same(void)
{
	static uint8_t wire[SIZE_MAX_HERE + HASH_BLOCK];
	unsigned sound = 0;

	names = dns_names_new(&key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	srandom(1);
	for (int m = 0; m < MESSAGES; m++) {
		size_t size = make(wire);
		struct cursor c = cursor_make(wire, size);
		CU_ASSERT_TRUE(dns_names_first(names, &c));
		for (int i = 0; i < READS; i++) {
			size_t at = 1 + (size_t)random() % (size - 1), end = size;
			bool copy = random() % 2;
			if (copy && random() % 3 == 0)
				end = at + 1 + (size_t)random() % (size - at);
			struct cursor d = cursor_make(wire, end);
			uint8_t name[DNS_NAME_SIZE];
			d.at += at;
			sound += dns_name_read(&d, name) > 2;
			CU_ASSERT_TRUE_FATAL(agree(wire, at, end, copy));
		}
	}
	CU_ASSERT(sound > MESSAGES * READS / 100);
	dns_names_free(names);
}

// Pointers count all together: ten to a name whose end is known, and ten in this end.
static void pointers_are_counted(void)
{
	static uint8_t wire[1000];
	size_t size = 0, at = 0;

	names = dns_names_new(&key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	wire[size++] = 0;
	for (int part = 0; part < 2; part++) {
		for (int i = 0; i < 10; i++) { // each to the one before
			size_t to = at;
			at = size;
			wire[size++] = (uint8_t)(0xc0 | to >> 8);
			wire[size++] = (uint8_t)to;
		}
		size_t to = at; // and one from a label
		at = size;
		wire[size++] = 1;
		wire[size++] = 'a';
		wire[size++] = (uint8_t)(0xc0 | to >> 8);
		wire[size++] = (uint8_t)to;
	}
	size_t many = size; // of more labels than are read without a memory
	for (int i = 0; i < 400; i++) {
		wire[size++] = 1;
		wire[size++] = 'b';
		if (i % 100 == 99)
			wire[size++] = 0;
	}
	struct cursor c = cursor_make(wire, size);
	CU_ASSERT_TRUE(dns_names_first(names, &c));
	for (size_t i = many; i < size; i += 201)
		CU_ASSERT_TRUE(agree(wire, i, size, true));
	CU_ASSERT_TRUE(agree(wire, 21, size, true)); // 11 pointers
	CU_ASSERT_TRUE(agree(wire, 25, size, true)); // 12
	CU_ASSERT_TRUE(agree(wire, at, size, true)); // 22
	dns_names_free(names);
}

// A message whose names are walked a hundred times over is read from what is known. The copies have an end.
static void thousands_of_copies(void)
{
	static uint8_t wire[0x4000 + 200000];
	size_t labels = 0x3f00, size = 0;

	names = dns_names_new(&key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	wire[size++] = 0;
	while (size < labels) { // names of 127 labels
		for (int i = 0; i < 127 && size < labels; i++) {
			wire[size++] = 1;
			wire[size++] = (uint8_t)('a' + i % 26);
		}
		wire[size++] = 0;
	}
	struct cursor c = cursor_make(wire, sizeof(wire));
	CU_ASSERT_TRUE(dns_names_first(names, &c));
	for (size_t at = labels; at > 1; at--) // each end is a new one
		if (wire[at] == 1)
			CU_ASSERT_TRUE_FATAL(agree(wire, at, sizeof(wire), true));
	for (size_t at = 1; at < labels; at++)
		if (wire[at] == 1)
			CU_ASSERT_TRUE_FATAL(agree(wire, at, sizeof(wire), at % 2));
	dns_names_free(names);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"names are the same", names_are_the_same},
		{"pointers are counted", pointers_are_counted},
		{"thousands of copies", thousands_of_copies},
	};
	return unit_run("dns_name_memory", tests, sizeof(tests) / sizeof(tests[0]));
}
