// SPDX-License-Identifier: BSD-3-Clause
// Names in wire form: where they end, and what is none.
#include <string.h>

#include "dataplane/common/wire_name.h"
#include "tests/tools/unit.h"

static const uint8_t name[] = "\3www\7example\3com";

static void test_sound(void)
{
	CU_ASSERT_EQUAL(wire_name_size(name, sizeof(name)), 17);
	CU_ASSERT_EQUAL(wire_name_size(name, 500), 17); // reads no further than the root's label
	CU_ASSERT_EQUAL(wire_name_size((const uint8_t *)"", 1), 1);
	CU_ASSERT_EQUAL(wire_name_end(name, sizeof(name)), 16);
	CU_ASSERT_EQUAL(wire_name_next(name, 0), 4);
	CU_ASSERT_EQUAL(wire_name_next(name, 4), 12);
}

static void test_cut(void)
{
	for (size_t limit = 0; limit < sizeof(name); limit++)
		CU_ASSERT_EQUAL(wire_name_size(name, limit), 0);
	CU_ASSERT(wire_name_end(name, 3) >= 3);
	CU_ASSERT(wire_name_end(name, 16) >= 16);
}

static void test_other_labels(void)
{
	static const uint8_t pointer[] = "\3www\xc0\x0c", reserved[] = "\3www\x40", long_label[] = "\x3f";

	CU_ASSERT_EQUAL(wire_name_end(pointer, sizeof(pointer)), 4);
	CU_ASSERT_EQUAL(wire_name_size(pointer, sizeof(pointer)), 0);
	CU_ASSERT_EQUAL(wire_name_end(reserved, sizeof(reserved)), 4);
	CU_ASSERT_EQUAL(wire_name_size(reserved, sizeof(reserved)), 0);
	CU_ASSERT_EQUAL(wire_name_next(long_label, 0), 64);
}

// 127 labels of one octet are the longest name; one more is none.
static void test_longest(void)
{
	uint8_t wire[300];

	for (size_t at = 0; at < sizeof(wire); at += 2) {
		wire[at] = 1;
		wire[at + 1] = 'a';
	}
	wire[254] = 0;
	CU_ASSERT_EQUAL(wire_name_size(wire, sizeof(wire)), WIRE_NAME_SIZE);
	wire[254] = 1;
	wire[256] = 0;
	CU_ASSERT_EQUAL(wire_name_size(wire, sizeof(wire)), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"sound", test_sound}, {"cut", test_cut},
		{"other labels", test_other_labels}, {"longest", test_longest}};
	return unit_run("wire_name", tests, sizeof(tests) / sizeof(tests[0]));
}
