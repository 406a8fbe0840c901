// SPDX-License-Identifier: BSD-3-Clause
// What the collector reports about itself. The HTTP server calls these functions through http_sources and knows nothing of
// spool, writer or inbox.
//
//     metrics.c    /metrics
//     alerts.c     of these, the delivery of alerts
//     levels.c     of these, histograms, disk, known sensors, certificates
//     process.c    of these, the process
//     look.h       a thread that looks at what these need
//     status.c     /api/status
//     ready.c      /readyz
//     info.c       /pdns/info
//
// Any thread, but report_metrics and report_status only in one: they write counters.
#pragma once

#include "collector/alert/deliver.h"
#include "collector/block/publish.h"
#include "collector/inbox/sensors.h"
#include "collector/names/index.h"
#include "collector/report/look.h"
#include "collector/spool/spool.h"
#include "collector/watch/watcher.h"
#include "collector/writer/writer.h"

#include <stdio.h>

// All borrowed. Each has a lock of its own.
struct report_sources {
	struct spool *spool;
	struct sensors *sensors;
	struct writer *writer;
	struct watcher *watcher;
	struct alert_deliver *alerts; // NULL: no outlets
	struct names_index *index;    // owner names; NULL: none
	struct names_index *targets;  // names that records point to; NULL: none
	struct block_publish *block;  // block lists; NULL: none
	struct look *look;	      // NULL: none
	uint64_t ready_ms;	      // ready.sensor; 0: off
	const char *ready_sensors;    // ready.sensors
	const char *spool_dir;	      // NULL: its disk is not reported
};

// Each returns a text that the caller frees, and its length in `*len`; NULL without memory.
char *report_metrics(const struct report_sources *sources, size_t *len); // Prometheus text format 0.0.4
char *report_status(const struct report_sources *sources, size_t *len);	 // one JSON object: the same counters
char *report_info(const struct report_sources *sources, size_t *len);	 // one JSON object: version and sensors

// True if records reach the spool and Redis. `text`: "ready" and warnings, or what is wrong.
bool report_is_ready(const struct report_sources *sources, char *text, size_t text_size);

// Copies the account of the spool into the counters of the process.
void report_account(const struct report_sources *sources);

// alerts.c: the lines of the outlets of alerts.
void report_alerts(FILE *out, struct alert_deliver *alerts);

// levels.c: of /metrics.
void report_build(FILE *out);
void report_histograms(FILE *out);
void report_disk(FILE *out, const char *folder);
void report_known(FILE *out, struct look *look, const struct sensor_counters *sensors, size_t len);

// process.c: of /metrics.
void report_process(FILE *out);
