// SPDX-License-Identifier: BSD-3-Clause
// The thread that watches. The writer matches records with the rules of watch.conf (interest.h) and puts those that match into a
// stream with its next transaction. This thread reads them, decides what is news, and writes alerts.
//
//     writer ──matched──► pdns:watch:matched ──page──► rules ──cases──► pdns:alert
//
// It has a connection to Redis of its own and never waits for the writer, nor the writer for it. Of several collectors with one
// Redis one watches at a time (pdns:watch:lease).
#pragma once

#include "collector/base/zone.h"
#include "collector/redis/settings.h"
#include "collector/watch/counts.h"
#include "collector/watch/interest.h"

struct context;
struct watcher;

// What is borrowed must outlive the watcher. `path`: watch.file. `alert_max`: entries of pdns:alert. `id`: names this collector,
// the same after a restart. NULL with one line in `why`: the rules are not sound, or there is no thread.
struct watcher_options {
	const struct redis_settings *redis;
	const struct zone_list *zones;
	const struct context *context;
	struct watch_interest *interest; // what the writer asks
	const char *path, *id;
	uint64_t alert_max;
};
struct watcher *watcher_start(const struct watcher_options *options, char *why, size_t why_size);

// Reads the rules again and takes over the settings. If the rules are not sound, the old ones stay in force; the log says so.
void watcher_reload(struct watcher *w, const struct redis_settings *redis, uint64_t alert_max);

void watcher_stop(struct watcher *w); // NULL is fine

// Fills `out`; returns how many.
size_t watcher_counts(struct watcher *w, struct watch_count out[WATCH_COUNTS_MAX + 1]);
