// SPDX-License-Identifier: BSD-3-Clause
// The exports of a server, each shared by its connection (export.c) and its thread (export_write.c).
#pragma once

#include "collector/http/guard.h"
#include "collector/http/gzip.h"
#include "collector/query/export.h"

#include <pthread.h>

enum { EXPORT_BLOCKS = 4 };

struct http_export {
	struct http_exports *all;
	struct http_export *next; // under all->lock
	struct MHD_Connection *connection;
	struct http_client *client;
	uint64_t client_id;
	struct redis_settings redis; // of lookups; a copy, since the worker changes its own
	struct query q;
	char cursor[QUERY_CURSOR_SIZE]; // where it begins
	uint64_t records_max;		// with cursors: ends behind the page that reaches it; 0: no bound
	bool cursors;			// lines that tell them
	bool csv;
	struct http_gzip *gzip;	   // thread; NULL: sent as it is
	struct redis_buffer plain; // thread: what is not compressed yet

	pthread_mutex_t lock;
	pthread_cond_t change;
	struct redis_buffer block[EXPORT_BLOCKS]; // under the lock: from `from` on `len` are full
	size_t from, len;
	size_t sent;	 // of block[from]; HTTP thread
	bool waiting;	 // the connection is suspended
	bool ended;	 // nothing will come any more
	bool failed;	 // …for a failure: `why`
	bool gone;	 // the client: the thread ends
	int users;	 // thread and connection
	int64_t read_ms; // monotonic: when the client last took something
	char why[512];
};

// All of them, to end them with the server.
struct http_exports {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct http_export *first;
	size_t len;
	bool stopping;
};

// Under x->lock: the connection has something to do.
void http_export_wake(struct http_export *x);

// One of the two users, thread and connection, needs it no more.
void http_export_drop(struct http_export *x);

// The connection is gone.
void http_export_leave(struct http_export *x);

// They are stopped before libmicrohttpd is, and freed after it.
struct http_exports *http_exports_new(void);
void http_exports_stop(struct http_exports *all);
void http_exports_free(struct http_exports *all);
