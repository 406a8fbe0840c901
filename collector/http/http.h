// SPDX-License-Identifier: BSD-3-Clause
// HTTP: /metrics, /api/status, /healthz, /readyz; the page is in static.h, lookups are in api.h. One thread of libmicrohttpd's;
// connections, times and request sizes are bounded.
#pragma once

#include "collector/inbox/sensors.h"
#include "collector/base/endpoint.h"
#include "collector/base/settings.h"
#include "collector/spool/spool.h"
#include "collector/writer/writer.h"

// What is shown. All borrowed, each with a lock of its own; they must outlive the server.
struct http_sources {
	struct spool *spool;
	struct sensors *sensors;
	struct writer *writer;
	const struct settings *settings;    // read when the server starts
	const struct redis_settings *redis; // copied when the server starts
	const struct zone_list *zones;	    // for registered domains
	struct names_index *index;	    // NULL: none
	struct names_index *targets;	    // NULL: none
};

struct http;

// Serves on `fd` (listen.h; ports below 1024 take rights that are given up before this), which it takes over, and logs where (`http: listening on 127.0.0.1:8053`). NULL with one line in `why`.
struct http *http_start(const struct endpoint *listen, int fd, const struct http_sources *sources, char *why,
	size_t why_size);
void http_stop(struct http *h);

// What an administrator should know about the settings of HTTP before others find out. NULL: nothing.
const char *http_warning(const struct settings *s);

// metrics.c: all metrics in Prometheus text format 0.0.4. Returns text that the caller frees and
// its length in `*len`, or NULL without memory. HTTP thread.
void http_take_account(const struct http_sources *sources); // the spool's account into the counters
char *http_metrics_text(const struct http_sources *sources, size_t *len);

// status.c: the same as one JSON object, in the same manner.
char *http_status_text(const struct http_sources *sources, size_t *len);
