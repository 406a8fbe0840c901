// SPDX-License-Identifier: BSD-3-Clause
// Inside the workers of lookups, between work.c and job.c; for everyone else, work.h.
#pragma once

#include "collector/base/timed_wait.h"
#include "collector/http/api.h"
#include "collector/http/gzip.h"

#include <pthread.h>

enum { HTTP_WORKERS = 4 };

// One answer: from its request to the last octet. Two users: the worker, and the connection.
struct http_job {
	struct http_worker *worker;
	struct http_job *next;	   // in a queue
	struct http_job *all_next; // of the worker
	int64_t asked_ms;	   // monotonic
	unsigned group;		   // of its client's address
	bool refused;		   // no place became free: 503
	// until the answer is queued
	struct http_request *r;
	http_handler *handle; // NULL: it has run
	struct http_stream stream;
	bool has_stream;
	// then
	struct MHD_Connection *connection;
	struct http_client *client;
	uint64_t client_id;
	struct http_gzip *gzip;	   // NULL: sent as it is
	struct redis_buffer raw;   // worker: not compressed yet
	struct redis_buffer out;   // worker; while parked, HTTP thread: made, not handed over yet
	struct redis_buffer ready; // HTTP thread; while all of it is sent, worker (under the lock)
	size_t sent;		   // of `ready`
	bool complete;		   // worker: nothing more will be made
	// under the worker's lock
	bool waiting; // the connection is suspended
	bool parked;  // enough is made: the worker goes on when `ready` is sent
	int64_t parked_ms;
	bool placed; // one of the worker's active answers
	int64_t placed_ms;
	bool ended, failed; // all is in `ready` and `out`
	bool gone;	    // the client
	bool held;	    // by the worker
	bool linked;	    // by the connection
};

struct http_queue {
	struct http_job *first, *last;
	size_t len;
};

struct http_worker {
	pthread_mutex_t lock; // of all below but `db`
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stop;
	struct http_guard *guard;
	struct reader db;	   // of the thread
	struct http_queue fresh;   // those without a place: requests whose handler has not run, long lists
	struct http_queue running; // answers that have something to do
	struct http_job *all;
	size_t active; // have a place
	unsigned turn;
};

struct http_work {
	struct http_worker worker[HTTP_WORKERS];
};

// Under the lock: the job has something to do.
void http_worker_queue(struct http_worker *w, struct http_job *j);
// The same; a long list that has had its place for a while gives it up if others wait, and waits behind them.
void http_worker_go_on(struct http_worker *w, struct http_job *j);

// job.c
struct http_job *http_job_new(struct http_worker *w, struct http_request *r, http_handler *handle); // HTTP thread
void http_job_step(struct http_job *j);								    // worker
void http_job_abandon(struct http_job *j); // under the lock; the worker's thread has ended
