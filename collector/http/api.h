// SPDX-License-Identifier: BSD-3-Clause
// Lookups over HTTP: the routes. The HTTP thread reads requests, checks keys and copies answers; handlers run in workers
// (work.h), exports in threads of their own. A long answer yields to others of its worker between its steps.
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct http_api;
struct http_guard;
struct http_sources;

// NULL with one line in `why`. `sources` must outlive it.
struct http_api *http_api_open(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size);
void http_api_stop(struct http_api *api); // before the connections end: nothing waits any more
void http_api_close(struct http_api *api);

// True if the path is one of ours.
bool http_api_owns(const char *url);

// As MHD_AccessHandlerCallback, and the end of a request.
enum MHD_Result http_api_handle(struct http_api *api, struct MHD_Connection *connection, const char *url,
	const char *method, const char *upload, size_t *upload_size, void **state);
void http_api_completed(void *state);
