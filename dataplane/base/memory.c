// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/memory.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { HUGE_PAGE_SIZE = 2 << 20 };

size_t memory_size(size_t size)
{
	return (size + HUGE_PAGE_SIZE - 1) & ~(size_t)(HUGE_PAGE_SIZE - 1);
}

// Huge pages, all of them present. Without this check, a limit of the control group would show only at the first touch, as
// SIGBUS.
static bool map_huge(struct memory_block *block, int flags)
{
	block->at = mmap(NULL, block->size, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	if (block->at == MAP_FAILED)
		return false;
	if (madvise(block->at, block->size, MADV_POPULATE_WRITE) == 0 || errno == EINVAL) // EINVAL: before Linux 5.14
		return true;
	munmap(block->at, block->size);
	return false;
}

struct memory_block memory_map(size_t size, bool want_huge)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	struct memory_block block = {.size = memory_size(size)};

	block.huge = want_huge && map_huge(&block, flags);
	if (!block.huge) {
		// without a reserve of huge pages the kernel may still find some (transparent ones)
		block.at = mmap(NULL, block.size, PROT_READ | PROT_WRITE, flags, -1, 0);
		if (block.at == MAP_FAILED) {
			block.at = NULL;
			return block;
		}
		madvise(block.at, block.size, MADV_HUGEPAGE);
		for (size_t at = 0; at < block.size; at += 4096)
			((volatile char *)block.at)[at] = 0;
	}
	return block;
}

void memory_unmap(struct memory_block *block)
{
	if (block->at)
		munmap(block->at, block->size);
	block->at = NULL;
}
