// SPDX-License-Identifier: BSD-3-Clause
// Threads that make no progress are noticed after half of the watchdog's interval, others never.
#include "dataplane/service/stall.h"
#include "tests/tools/unit.h"

static void moving(void)
{
	struct stall s;

	stall_init(&s, 10000);
	for (uint64_t t = 0; t < 100; t++)
		CU_ASSERT_EQUAL(stall_look(&s, 3, t, false, 0, t * 4000), 0);
}

static void standing(void)
{
	struct stall s;

	stall_init(&s, 10000);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 0, false, 0, 1000000), 0); // a count of 0, late, is a first look
	CU_ASSERT_EQUAL(stall_look(&s, 0, 0, false, 0, 1005000), 0);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 0, false, 0, 1005001), 5001);
	CU_ASSERT_EQUAL(stall_look(&s, 1, 0, false, 0, 1005001), 0); // another thread
	CU_ASSERT_EQUAL(stall_look(&s, 0, 0, false, 0, 1009000), 9000);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 1, false, 0, 1009500), 0); // it goes on
	CU_ASSERT_EQUAL(stall_look(&s, 0, 1, false, 0, 1014000), 0);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 1, false, 0, 1015000), 5500);
}

static void excused(void)
{
	struct stall s;

	stall_init(&s, 10000);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 7, false, 0, 0), 0);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 7, true, 0, 60000), 0);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 7, false, 0, 64000), 0); // the time counts from the end of the excuse
	CU_ASSERT_EQUAL(stall_look(&s, 0, 7, false, 0, 66000), 6000);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 7, false, 2000, 66000), 0); // it may take longer
}

static void limits(void)
{
	struct stall s;

	stall_init(&s, 0); // no watchdog
	CU_ASSERT_EQUAL(stall_look(&s, 0, 0, false, 0, 0), 0);
	CU_ASSERT_EQUAL(stall_look(&s, 0, 0, false, 0, 1u << 30), 0);
	stall_init(&s, 10);
	CU_ASSERT_EQUAL(stall_look(&s, STALL_THREADS_MAX, 0, false, 0, 0), 0);
	CU_ASSERT_EQUAL(stall_look(&s, STALL_THREADS_MAX, 0, false, 0, 1000), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"moving", moving}, {"standing", standing}, {"excused", excused},
		{"limits", limits}};

	return unit_run("service_stall", tests, sizeof(tests) / sizeof(tests[0]));
}
