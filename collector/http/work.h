// SPDX-License-Identifier: BSD-3-Clause
// Lookups run in threads of their own; the thread of the server only reads requests and copies answers, so
// that it answers /healthz, /readyz and /metrics whatever lookups cost.
//
//     HTTP thread                      worker (one of four, with its own connection to Redis)
//     suspends the connection ───────► new ─► handler ─► steps of the answer, in turn with those of others
//     sends, resumed by the worker ◄── the first block, or the whole answer
//     copies block by block ◄────────► makes the next while the client reads; parked while there is enough
//
// A worker has a few answers under way; others wait for their turn, and get 503 after some seconds. Clients
// that read nothing while others wait lose their place.
#pragma once

#include "collector/http/guard.h"
#include "collector/query/query.h"

#include <microhttpd.h>

struct http_request;
struct http_sources;
struct http_work;
struct http_job;

// NULL with one line in `why`.
struct http_work *http_work_new(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size);
void http_work_stop(struct http_work *w); // before the server stops: no connection stays suspended
void http_work_free(struct http_work *w); // after the server has stopped

typedef enum MHD_Result http_handler(struct http_request *r);

// HTTP thread: hands a request to a worker. The connection waits.
enum MHD_Result http_work_take(struct http_work *w, struct http_request *r, http_handler *handle);

// HTTP thread: a request ends whose answer was not queued.
void http_work_forget(struct http_job *job);

// Worker, in a handler: something else will resume the connection.
void http_work_detach(struct http_request *r);

enum http_step { HTTP_MORE, HTTP_END, HTTP_BROKEN }; // BROKEN: what was sent so far is not whole

// An answer that is made step by step.
struct http_stream {
	const char *type;
	void *arg;
	enum http_step (*produce)(void *arg, struct redis_buffer *out); // appends
	void (*release)(void *arg);
	// Before the answer begins; `ended`: all of it is known. True if it has answered by itself
	// (http_line). NULL: none.
	bool (*begin)(void *arg, struct http_request *r, bool ended);
	bool whole; // nothing is sent before all is known
	bool list;  // of questions, without an end in time: it gives its place up to those that wait
};

// Worker, in a handler: the answer is this stream; its `arg` is released whatever happens.
enum MHD_Result http_work_stream(struct http_request *r, const struct http_stream *stream);
