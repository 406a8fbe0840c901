// SPDX-License-Identifier: BSD-3-Clause
// Memory for packets: zeroed, aligned, and left out of core files.
#include "dataplane/base/memory.h"
#include "tests/tools/unit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

// Whether core files leave out the page at this address: the flag dd, proc_pid_smaps(5).
static bool is_left_out(const void *at)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[1024];
	bool is_here = false, is_out = false;

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		unsigned long start, end;
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			is_here = (uintptr_t)at >= start && (uintptr_t)at < end;
		else if (is_here && strncmp(line, "VmFlags:", 8) == 0)
			is_out = strstr(line, " dd") != NULL;
	}
	fclose(file);
	return is_out;
}

static void blocks(void)
{
	for (int huge = 0; huge < 2; huge++) { // there may be no huge pages: ordinary ones then
		struct memory_block block = memory_map(3 << 20, huge);
		CU_ASSERT_PTR_NOT_NULL_FATAL(block.at);
		uint8_t *octets = block.at;
		CU_ASSERT_EQUAL(block.size, 4 << 20);
		CU_ASSERT(octets[0] == 0 && octets[block.size - 1] == 0);
		CU_ASSERT(is_left_out(octets) && is_left_out(octets + block.size - 1));
		memory_unmap(&block);
		CU_ASSERT_PTR_NULL(block.at);
	}
}

static void objects(void)
{
	const size_t sizes[] = {1, 64, PAGE - 64, PAGE, 100001};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *octets = memory_new(sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(octets);
		CU_ASSERT_EQUAL((uintptr_t)octets % 64, 0);
		CU_ASSERT(octets[0] == 0 && octets[sizes[i] - 1] == 0);
		memset(octets, 0xff, sizes[i]);
#ifndef MEMORY_FROM_HEAP
		CU_ASSERT(is_left_out(octets) && is_left_out(octets + sizes[i] - 1));
#endif
		memory_delete(octets);
	}
	memory_delete(NULL);
#ifndef MEMORY_FROM_HEAP
	CU_ASSERT_PTR_NULL(memory_new(SIZE_MAX / 2));
#endif
}

static void others(void)
{
	uint8_t *octets = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CU_ASSERT_FATAL(octets != MAP_FAILED);
	CU_ASSERT(!is_left_out(octets));
	memory_conceal(octets + PAGE, PAGE);
	CU_ASSERT(!is_left_out(octets) && is_left_out(octets + PAGE) && !is_left_out(octets + 2 * PAGE));
	munmap(octets, 3 * PAGE);
	void *heap = malloc(100);
	CU_ASSERT(!is_left_out(heap)); // so that developers find what they need
	free(heap);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"blocks of tables", blocks},
		{"objects with packets", objects},
		{"memory of others", others},
	};
	return unit_run("memory", tests, sizeof(tests) / sizeof(tests[0]));
}
