// SPDX-License-Identifier: BSD-3-Clause
// A worker: its answers, and which of them has its turn. job.c makes the answers, work.c runs the threads.
#pragma once

#include "collector/base/timed_wait.h"
#include "collector/http/request.h"
#include "collector/http/stream.h"

#include <pthread.h>

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
	bool parked;  // enough is made: the worker continues after `ready` is sent
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
	struct query_db db;	   // of the thread
	struct http_queue fresh;   // those without a place: requests whose handler has not run, long lists
	struct http_queue running; // answers that have something to do
	struct http_job *all;
	size_t active; // have a place
	unsigned turn;
};

// All under the worker's lock.

// Appends to the requests that wait for a place, and wakes the worker.
void http_worker_take(struct http_worker *w, struct http_job *j);
// The job has something to do.
void http_worker_queue(struct http_worker *w, struct http_job *j);
// The same. A long list that has had its place for a while gives it up if others wait, and is queued after them.
void http_worker_go_on(struct http_worker *w, struct http_job *j);
// The next job to work on, or NULL. Closes connections that read nothing while others wait.
struct http_job *http_worker_next(struct http_worker *w);
// Waits until there may be a job.
void http_worker_wait(struct http_worker *w);
