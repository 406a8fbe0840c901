// SPDX-License-Identifier: BSD-3-Clause
// The exports of a server, each shared by its connection (export.c) and its thread (export_write.c).
#pragma once

#include "collector/http/guard.h"
#include "collector/http/gzip.h"
#include "collector/transfer/export.h"

#include <pthread.h>

enum { EXPORT_BLOCKS = 4 };

struct api_export {
	struct api_exports *all;
	struct api_export *next; // under all->lock
	struct MHD_Connection *connection;
	struct http_client *client;
	uint64_t client_id;
	struct redis_settings redis; // of lookups; a copy, since the worker changes its own
	struct query q;
	char cursor[QUERY_CURSOR_SIZE]; // where it starts
	uint64_t records_max;		// with cursors: ends after the page that reaches it; 0: no limit
	bool cursors;			// write lines with cursors
	bool csv;
	struct http_gzip *gzip;	   // thread; NULL: not compressed
	struct redis_buffer plain; // thread: not compressed yet

	pthread_mutex_t lock;
	pthread_cond_t change;
	struct redis_buffer block[EXPORT_BLOCKS]; // under the lock: from `from` on `len` are full
	size_t from, len;
	size_t sent;	 // of block[from]; HTTP thread
	bool waiting;	 // the connection is suspended
	bool ended;	 // nothing more will be written
	bool failed;	 // because of a failure: `why`
	bool gone;	 // the client has left: the thread ends
	int users;	 // thread and connection
	int64_t read_ms; // monotonic: when the client last took something
	char why[512];
};

// All exports, so that they end with the server.
struct api_exports {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct api_export *first;
	size_t len;
	bool stopping;
};

// Under x->lock: resumes the connection.
void api_export_wake(struct api_export *x);

// One of the two users, thread and connection, has finished with it.
void api_export_drop(struct api_export *x);

// The connection is gone.
void api_export_leave(struct api_export *x);

// They are stopped before libmicrohttpd is, and freed after it.
struct api_exports *api_exports_new(void);
void api_exports_stop(struct api_exports *all);
void api_exports_free(struct api_exports *all);
