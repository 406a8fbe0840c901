// SPDX-License-Identifier: BSD-3-Clause
// FNV-1a: the published vectors, and octets one after another.
#include "dataplane/common/fnv.h"
#include "tests/tools/unit.h"

static void test_vectors(void)
{
	CU_ASSERT_EQUAL(fnv64(FNV64_START, "", 0), 0xcbf29ce484222325u);
	CU_ASSERT_EQUAL(fnv64(FNV64_START, "a", 1), 0xaf63dc4c8601ec8cu);
	CU_ASSERT_EQUAL(fnv64(FNV64_START, "foobar", 6), 0x85944171f73967e8u);
	CU_ASSERT_EQUAL(fnv32(FNV32_START, "", 0), 0x811c9dc5u);
	CU_ASSERT_EQUAL(fnv32(FNV32_START, "a", 1), 0xe40c292cu);
	CU_ASSERT_EQUAL(fnv32(FNV32_START, "foobar", 6), 0xbf9cf968u);
}

static void test_pieces(void)
{
	CU_ASSERT_EQUAL(fnv64(fnv64(FNV64_START, "foo", 3), "bar", 3), fnv64(FNV64_START, "foobar", 6));
	CU_ASSERT_EQUAL(fnv64_mix(FNV64_START, 'a'), fnv64(FNV64_START, "a", 1));
}

int main(void)
{
	static const struct unit_test tests[] = {{"vectors", test_vectors}, {"pieces", test_pieces}};
	return unit_run("fnv", tests, sizeof(tests) / sizeof(tests[0]));
}
