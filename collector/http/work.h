// SPDX-License-Identifier: BSD-3-Clause
// Lookups run in workers. The HTTP thread only reads requests and copies answers, so that it answers /healthz, /readyz and
// /metrics at once, however long lookups take.
//
//     HTTP thread                      worker (one of four, with its own connection to Redis)
//     suspends the connection ───────► new ─► handler ─► steps of the answer, in turn with those of others
//     sends, resumed by the worker ◄── the first block, or the whole answer
//     copies block by block ◄────────► makes the next while the client reads; parked while there is enough
//
// A worker makes a few answers at a time. Other requests wait, and get 503 after some seconds. A client that reads nothing while
// others wait loses its place.
#pragma once

#include "collector/http/stream.h"

#include <stddef.h>

struct http_guard;
struct http_sources;
struct http_work;

// NULL with one line in `why`.
struct http_work *http_work_new(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size);
void http_work_stop(struct http_work *w); // before the server stops: no connection stays suspended
void http_work_free(struct http_work *w); // after the server has stopped

// HTTP thread: hands a request to a worker and suspends the connection.
enum MHD_Result http_work_take(struct http_work *w, struct http_request *r, http_handler *handle);
