// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory.h"

#include <sys/mman.h>

enum { HUGE_PAGE_SIZE = 2 << 20 };

struct memory_block memory_map(size_t size, bool want_huge)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
	struct memory_block block = {.size = (size + HUGE_PAGE_SIZE - 1) & ~(size_t)(HUGE_PAGE_SIZE - 1)};

	if (want_huge) {
		block.at = mmap(NULL, block.size, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
		block.huge = block.at != MAP_FAILED;
	}
	if (!block.huge) {
		// without a reserve of huge pages the kernel may still find some (transparent ones)
		block.at = mmap(NULL, block.size, PROT_READ | PROT_WRITE, flags & ~MAP_POPULATE, -1, 0);
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
