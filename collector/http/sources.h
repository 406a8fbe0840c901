// SPDX-License-Identifier: BSD-3-Clause
// What the HTTP server answers from; collector/main.c fills it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct block_publish;
struct context;
struct http_service;
struct names_index;
struct redis_settings;
struct report_sources;
struct settings;
struct zone_list;

// What the server answers from. All borrowed: the parts must outlive the server.
struct http_sources {
	const struct http_service *service; // the lookups
	const struct settings *settings;    // read when the server starts
	const struct redis_settings *redis; // copied when the server starts
	const struct zone_list *zones;	    // for registered domains
	const struct context *context;	    // what local files say about addresses and names; NULL: nothing
	struct names_index *index;	    // owner names; NULL: none
	struct names_index *targets;	    // names that records point to; NULL: none
	struct block_publish *block;	    // block lists
	// About the collector itself: report/report.h says what they return. `metrics`, `status` and `is_ready` run in the
	// HTTP thread, `info` in a worker.
	const struct report_sources *report;
	char *(*metrics)(const struct report_sources *report, size_t *len);
	char *(*status)(const struct report_sources *report, size_t *len);
	char *(*info)(const struct report_sources *report, size_t *len);
	bool (*is_ready)(const struct report_sources *report, char *text, size_t text_size);
};
