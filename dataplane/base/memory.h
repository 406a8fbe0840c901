// SPDX-License-Identifier: BSD-3-Clause
// Large blocks for tables: in huge pages if there are any, otherwise in ordinary pages. All pages are touched at once, so that
// no page fault comes later, and are on the NUMA node of the calling thread (first touch).
//
// Memory for octets of packets: memory_new. Neither is in core files (MADV_DONTDUMP): packets have addresses of clients.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct memory_block {
	void *at;	// zeroed; NULL if there was not enough memory
	size_t size;	// octets mapped, at least the size asked for
	bool huge;	// in 2 MiB pages
	size_t touched; // octets from the start whose pages are present
};

// Octets that memory_map maps for `size`.
size_t memory_size(size_t size);

// Call it from the thread that will use the block. `want_huge` false: ordinary pages only (--no-huge). The caller unmaps it.
struct memory_block memory_map(size_t size, bool want_huge);

// The same, but pages come by memory_touch, for a table that may never be filled, and a thread that can wait for a page.
struct memory_block memory_map_later(size_t size, bool want_huge);

// Makes the first `size` octets of the block present. False if there is no memory for them: those must not be used.
bool memory_touch(struct memory_block *block, size_t size);

void memory_unmap(struct memory_block *block);

// AddressSanitizer finds reads after the end of memory only if it has allocated it. Then memory_new is in core files.
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_FROM_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_FROM_HEAP
#endif
#endif

// Zeroed memory for packets and messages, aligned to 64 octets, in pages of its own. NULL if there is not enough. Pages are
// taken when they are first written. For a few large objects per worker, not for many small ones.
void *memory_new(size_t size);
void memory_delete(void *at); // NULL: nothing

// Leaves whole pages out of core files, from now on. For memory that others have mapped.
void memory_conceal(void *at, size_t size);

// The same for the rings of all sockets of this process (AF_PACKET's have packets). Call it after a set-up.
void memory_conceal_sockets(void);
