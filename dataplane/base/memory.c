// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum { HUGE_PAGE_SIZE = 2 << 20, HEAD = 64 };

size_t memory_size(size_t size)
{
	return (size + HUGE_PAGE_SIZE - 1) & ~(size_t)(HUGE_PAGE_SIZE - 1);
}

struct memory_block memory_map_later(size_t size, bool want_huge)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	struct memory_block block = {.size = memory_size(size)};

	if (want_huge)
		block.at = mmap(NULL, block.size, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	block.huge = want_huge && block.at != MAP_FAILED;
	if (!block.huge) {
		// without a reserve of huge pages the kernel may still find some (transparent ones)
		block.at = mmap(NULL, block.size, PROT_READ | PROT_WRITE, flags, -1, 0);
		if (block.at == MAP_FAILED)
			block.at = NULL;
		else
			madvise(block.at, block.size, MADV_HUGEPAGE);
	}
	return block;
}

// Without the check, a limit of the control group on huge pages would show only at the first touch, as SIGBUS.
bool memory_touch(struct memory_block *block, size_t size)
{
	if (size > block->size)
		size = block->size;
	if (size <= block->touched)
		return true;
	size = memory_size(size);
	char *at = block->at;
	if (block->huge) {
		if (madvise(at + block->touched, size - block->touched, MADV_POPULATE_WRITE) != 0 &&
			errno != EINVAL) // EINVAL: before Linux 5.14
			return false;
	} else {
		for (size_t i = block->touched; i < size; i += 4096)
			((volatile char *)at)[i] = 0;
	}
	block->touched = size;
	return true;
}

struct memory_block memory_map(size_t size, bool want_huge)
{
	struct memory_block block = memory_map_later(size, want_huge);

	if (block.at && !memory_touch(&block, block.size)) { // of huge pages only
		memory_unmap(&block);
		block = memory_map_later(size, false);
		if (block.at)
			memory_touch(&block, block.size);
	}
	memory_conceal(block.at, block.size);
	return block;
}

void memory_unmap(struct memory_block *block)
{
	if (block->at)
		munmap(block->at, block->size);
	block->at = NULL;
}

void memory_conceal(void *at, size_t size)
{
	madvise(at, size, MADV_DONTDUMP); // fails only for addresses that are not mapped
}

void memory_conceal_sockets(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned long start, end;

	if (!maps)
		return;
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && strstr(line, " socket:["))
			memory_conceal((void *)start, end - start);
	fclose(maps);
}

#ifdef MEMORY_FROM_HEAP
void *memory_new(size_t size)
{
	size_t rounded = (size + HEAD - 1) / HEAD * HEAD;
	void *at = aligned_alloc(HEAD, rounded);

	return at ? memset(at, 0, rounded) : NULL;
}

void memory_delete(void *at)
{
	free(at);
}
#else
// The size is kept before what the caller gets.
void *memory_new(size_t size)
{
	void *at = mmap(NULL, HEAD + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	memory_conceal(at, HEAD + size);
	*(size_t *)at = HEAD + size;
	return (uint8_t *)at + HEAD;
}

void memory_delete(void *at)
{
	if (!at)
		return;
	uint8_t *start = (uint8_t *)at - HEAD;
	munmap(start, *(size_t *)(void *)start);
}
#endif
