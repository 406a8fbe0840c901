// SPDX-License-Identifier: BSD-3-Clause
// Large blocks for tables: huge pages where there are any, ordinary pages otherwise, touched at
// once so that no page fault comes later, on the NUMA node of the calling thread (first touch).
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct memory_block {
	void *at;    // zeroed; NULL when there was not enough
	size_t size; // octets mapped, at least what was asked for
	bool huge;   // in 2 MiB pages
};

// What memory_map takes for so much.
size_t memory_size(size_t size);

// Call from the thread that will use it. `want_huge` false keeps to ordinary pages (--no-huge).
struct memory_block memory_map(size_t size, bool want_huge);
void memory_unmap(struct memory_block *block);
