// SPDX-License-Identifier: BSD-3-Clause
// Lookups over HTTP: from a route (service.h) to its handler. The HTTP thread reads requests, checks keys and copies answers; handlers run in workers
// (work.h), exports in threads of their own. A long answer yields to others of its worker between its steps.
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct http_lookups;
struct http_guard;
struct http_sources;

// NULL with one line in `why`. `sources` must outlive it.
struct http_lookups *http_dispatch_open(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size);
void http_dispatch_stop(struct http_lookups *l); // before the connections end: nothing waits any more
void http_dispatch_close(struct http_lookups *l);

// True if a route has this path.
bool http_dispatch_owns(const struct http_lookups *l, const char *url);

// As MHD_AccessHandlerCallback, and the end of a request.
enum MHD_Result http_dispatch_handle(struct http_lookups *l, struct MHD_Connection *connection, const char *url,
	const char *method, const char *upload, size_t *upload_size, void **state);
void http_dispatch_completed(void *state);
