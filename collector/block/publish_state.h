// SPDX-License-Identifier: BSD-3-Clause
// What publish.c (the thread) and publish_find.c (readers) share.
#pragma once

#include "collector/block/build.h"
#include "collector/block/conf.h"
#include "collector/query/db.h"

#include <pthread.h>

struct block_page;

enum { BLOCK_PAGES_MAX = BLOCK_FORMATS + BLOCK_DOCUMENTS_MAX };

// A list, and what is shown of it. The thread changes it under the lock.
struct published {
	const struct block_list *list; // in conf
	struct block_page *page[BLOCK_PAGES_MAX];
	size_t pages_len; // 0: not made yet
	size_t entries, removed;
	uint32_t serial;
	int64_t changed;
	int64_t next_ms; // monotonic; the thread's
	char why[600];	 // of the last attempt; empty: it succeeded
};

struct block_publish {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stopping;
	bool reloads;		// `next` is to be taken
	struct block_conf next; // under the lock
	struct block_conf conf; // the thread's; changed under the lock
	struct published *at;	// one per list of conf
	size_t len;
	struct redis_settings redis;
	struct query_db db; // the thread's
	const struct zone_list *zones;
	const struct context *context;
	const char *suffix_file;
};
