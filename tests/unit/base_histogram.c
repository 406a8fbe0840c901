// SPDX-License-Identifier: BSD-3-Clause
// Histograms of durations, and steps of the clock.
#include "collector/base/histogram.h"
#include "dataplane/common/clock_steps.h"
#include "tests/tools/unit.h"

#include <stdlib.h>

static void buckets(void)
{
	struct histogram h = {0};

	histogram_add(&h, 0);
	histogram_add(&h, histogram_bound_ns[0]); // a bound belongs to its bucket
	histogram_add(&h, histogram_bound_ns[0] + 1);
	histogram_add(&h, histogram_bound_ns[HISTOGRAM_BOUNDS - 1] + 1);
	CU_ASSERT(h.bucket[0] == 2 && h.bucket[1] == 1 && h.bucket[HISTOGRAM_BOUNDS] == 1);
	CU_ASSERT_EQUAL(h.sum_ns, 2 * histogram_bound_ns[0] + histogram_bound_ns[HISTOGRAM_BOUNDS - 1] + 2);
	histogram_since(&h, 0);
	CU_ASSERT_EQUAL(h.bucket[0], 2);
	histogram_since(&h, histogram_now());
	CU_ASSERT(h.sum_ns > 2 * histogram_bound_ns[0] + histogram_bound_ns[HISTOGRAM_BOUNDS - 1] + 2);
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		double seconds = strtod(histogram_bound_text[i], NULL);
		CU_ASSERT_DOUBLE_EQUAL(seconds * 1e9, (double)histogram_bound_ns[i], 1);
		CU_ASSERT(i == 0 || histogram_bound_ns[i] > histogram_bound_ns[i - 1]);
	}
}

static void clock_steps(void)
{
	struct clock_steps c = {0};

	CU_ASSERT_EQUAL(clock_steps_of(&c, 5000000, 1000), 0); // the first look
	CU_ASSERT_EQUAL(clock_steps_of(&c, 5001000, 2000), 0);
	CU_ASSERT_EQUAL(clock_steps_of(&c, 5002499, 3000), 0); // NTP adjusts
	CU_ASSERT_EQUAL(clock_steps_of(&c, 5003999, 4000), 500);
	CU_ASSERT_EQUAL(clock_steps_of(&c, 5004999, 5000), 0); // counted once
	CU_ASSERT_EQUAL(clock_steps_of(&c, 1405999, 6000), -3600000);
	CU_ASSERT_EQUAL(clock_steps_of(&c, 1405999 + 86400000, 6000 + 86400000), 0); // time passes
	CU_ASSERT_EQUAL(clock_steps_look(&(struct clock_steps){0}), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"buckets", buckets}, {"clock_steps", clock_steps}};

	return unit_run("base_histogram", tests, sizeof(tests) / sizeof(tests[0]));
}
