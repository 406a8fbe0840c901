// SPDX-License-Identifier: BSD-3-Clause
// The main of a CUnit program: one suite, its tests in a table, exit status not 0 where one fails.
#pragma once

#include <CUnit/Basic.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};

static inline int unit_run(const char *suite_name, const struct unit_test *tests, size_t len)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
	for (size_t i = 0; i < len; i++)
		if (!suite || !CU_add_test(suite, tests[i].name, tests[i].run))
			return 1;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	unsigned failed = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
	CU_cleanup_registry();
	return failed != 0;
}
