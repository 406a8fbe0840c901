// SPDX-License-Identifier: BSD-3-Clause
// Octets that end right before an unreadable page: a parser that reads one too many faults at once,
// without a sanitizer.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static inline size_t guard_pages_size(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page + page;
}

// A copy of `size` octets (0 allowed) that ends at the unreadable page. Never NULL.
static inline uint8_t *guard_copy(const void *bytes, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), all = guard_pages_size(size);
	uint8_t *map = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + all - page, page, PROT_NONE) != 0)
		abort();
	uint8_t *copy = map + all - page - size;
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

// `copy` and `size` as guard_copy returned and got them.
static inline void guard_free(uint8_t *copy, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), all = guard_pages_size(size);

	munmap(copy + size + page - all, all);
}

// Calls `try_it(context, prefix, n)` for every prefix of the `size` octets, each right before the page.
static inline void guard_prefixes(const void *bytes, size_t size,
	void (*try_it)(void *context, const uint8_t *prefix, size_t n), void *context)
{
	uint8_t *copy = guard_copy(bytes, size), *end = copy + size;

	for (size_t n = 0; n <= size; n++) {
		if (n > 0)
			memcpy(end - n, bytes, n);
		try_it(context, end - n, n);
	}
	guard_free(copy, size);
}
