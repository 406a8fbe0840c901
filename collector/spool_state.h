// SPDX-License-Identifier: BSD-3-Clause
// Inside the spool, between spool.c (callers), spool_commit.c (its thread) and spool_open.c.
#pragma once

#include "collector/spool.h"
#include "collector/spool_store.h"

#include <pthread.h>

// A frame in memory; the body stands behind the struct in the same allocation.
struct spool_pending {
	struct spool_frame frame;
	struct spool_pending *next;
};

// What is known of each batch on disk without reading it.
struct spool_entry {
	uint32_t size;	   // octets that it takes there
	uint32_t acked_ds; // monotonic time of Redis's acknowledgement in 0.1 s, or 0
	uint32_t records;  // in it
};

struct spool {
	pthread_mutex_t writing; // around each transaction that writes; taken before `lock`
	struct store store;
	struct stream_registry *streams; // the inbox's; here only hello and index are used
	int fd;				 // eventfd
	int lock_fd;			 // holds the folder
	pthread_t thread;

	pthread_mutex_t lock; // all below
	pthread_cond_t more;  // something was put, committed, or waiting is over
	struct spool_settings settings;
	struct spool_pending *oldest, *newest; // to be committed
	uint64_t memory;		       // octets of them
	uint64_t in_commit;		       // frames taken by the thread and not yet settled
	struct spool_entry *entries;	       // of first…last at [entries_at…]
	size_t entries_at, entries_capacity;
	uint64_t first;	  // oldest batch there; last + 1 where there is none
	uint64_t last;	  // newest batch committed, or 0
	uint64_t acked;	  // Redis has everything up to it
	uint64_t opened;  // `last` when the spool was opened
	bool sought;	  // Redis was asked since; before that, nothing was sent
	uint64_t bytes;	  // of all batches
	uint64_t waiting_bytes;
	uint64_t full_since_ms; // 0: not full
	bool stopping;
	bool no_wait;
	char why[300]; // what keeps frames from being committed; empty: nothing
};

enum { ENTRY_OVERHEAD = 32, PAGE = 4096 };

// Octets that a stored value takes on disk, rounded up.
static inline uint32_t spool_size_on_disk(size_t value)
{
	return (uint32_t)(value + ENTRY_OVERHEAD > PAGE / 2 ? (value + ENTRY_OVERHEAD + PAGE - 1) / PAGE * PAGE
							     : value + ENTRY_OVERHEAD);
}

// With the lock held: the entry of a number that is there; a new last one (false: no memory).
struct spool_entry *spool_entry(struct spool *s, uint64_t number);
bool spool_append(struct spool *s, uint64_t number, uint32_t size, uint32_t records);

// spool_commit.c: the thread.
void *spool_commit_run(void *arg);

// Notes on disk how far Redis has come. No thread may use the spool any more.
void spool_write_acked(struct spool *s);

// spool.c, with the lock held: everything up to `number` counts as acknowledged, nothing above it.
void spool_set_acked(struct spool *s, uint64_t number);
