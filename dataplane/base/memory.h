// SPDX-License-Identifier: BSD-3-Clause
// Large blocks for tables: in huge pages if there are any, otherwise in ordinary pages. All pages are touched at once, so that
// no page fault comes later, and are on the NUMA node of the calling thread (first touch).
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct memory_block {
	void *at;    // zeroed; NULL if there was not enough memory
	size_t size; // octets mapped, at least the size asked for
	bool huge;   // in 2 MiB pages
};

// Octets that memory_map maps for `size`.
size_t memory_size(size_t size);

// Call it from the thread that will use the block. `want_huge` false: ordinary pages only (--no-huge). The caller unmaps it.
struct memory_block memory_map(size_t size, bool want_huge);
void memory_unmap(struct memory_block *block);
