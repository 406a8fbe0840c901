// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/huge_pages.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "dataplane/admit/admit.h"
#include "dataplane/answers/answers.h"
#include "dataplane/base/memory.h"
#include "dataplane/table/table.h"

enum {
	EAL_MIB = 256, // of DPDK, without packet buffers
	BUFFER_KIB = 3,
	FRAGMENTS = 8 // buffers that a datagram in reassembly may hold
};

unsigned huge_pages_packets_mib(const struct dataplane_settings *s, unsigned intake_mib)
{
	uint64_t buffers = s->workers * (s->rx_descriptors + s->frag_datagrams * FRAGMENTS);

	return EAL_MIB + (unsigned)(buffers * BUFFER_KIB / 1024) + intake_mib;
}

unsigned huge_pages_wanted(const struct dataplane_settings *s, unsigned intake_mib)
{
	uint64_t tables = table_memory(s->table_records);

	if (s->answers_memory > 0)
		tables += answers_memory(s->answers_memory);
	if (s->match != ADMIT_MATCH_OFF)
		tables += admit_match_memory((uint32_t)s->match_size);
	return (huge_pages_packets_mib(s, intake_mib) + HUGE_PAGE_MIB - 1) / HUGE_PAGE_MIB +
	       (unsigned)(s->workers * tables / ((uint64_t)HUGE_PAGE_MIB << 20));
}

long huge_pages_free(long *total)
{
	char line[128];
	long value, pages = 0, reserved = 0, all = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "HugePages_Free: %ld", &value) == 1)
			pages = value;
		else if (sscanf(line, "HugePages_Rsvd: %ld", &value) == 1)
			reserved = value;
		else if (sscanf(line, "HugePages_Total: %ld", &value) == 1)
			all = value;
	}
	if (file)
		fclose(file);
	if (total)
		*total = all;
	return pages > reserved ? pages - reserved : 0;
}

bool huge_pages_can_be_had(unsigned mib)
{
	size_t size = (size_t)((mib + HUGE_PAGE_MIB - 1) / HUGE_PAGE_MIB * HUGE_PAGE_MIB) << 20;
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (at == MAP_FAILED)
		return false;
	munmap(at, size);
	return true;
}
