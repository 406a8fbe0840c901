// SPDX-License-Identifier: BSD-3-Clause
// HTTP: /metrics, /api/status, /healthz, /readyz; the page is in static.h, lookups are in api.h. One thread of libmicrohttpd's;
// connections, times and request sizes are bounded.
#pragma once

#include "collector/base/endpoint.h"
#include "collector/base/settings.h"

struct names_index;
struct redis_settings;
struct report_sources;
struct zone_list;

// What the server answers from. All borrowed: the parts must outlive the server.
struct http_sources {
	const struct settings *settings;    // read when the server starts
	const struct redis_settings *redis; // copied when the server starts
	const struct zone_list *zones;	    // for registered domains
	struct names_index *index;	    // owner names; NULL: none
	struct names_index *targets;	    // names that records point to; NULL: none
	// About the collector itself: report/report.h says what they return. `metrics`, `status` and `is_ready` run in the
	// HTTP thread, `info` in a worker.
	const struct report_sources *report;
	char *(*metrics)(const struct report_sources *report, size_t *len);
	char *(*status)(const struct report_sources *report, size_t *len);
	char *(*info)(const struct report_sources *report, size_t *len);
	bool (*is_ready)(const struct report_sources *report, char *text, size_t text_size);
};

struct http;

// Serves on `fd` (listen.h; ports below 1024 take rights that are given up before this), which it takes over, and logs where (`http: listening on 127.0.0.1:8053`). NULL with one line in `why`.
struct http *http_start(const struct endpoint *listen, int fd, const struct http_sources *sources, char *why,
	size_t why_size);
void http_stop(struct http *h);

// What an administrator should know about the settings of HTTP before others find out. NULL: nothing.
const char *http_warning(const struct settings *s);
