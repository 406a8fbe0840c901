// SPDX-License-Identifier: BSD-3-Clause
// What the collector's main needs for the delivery of alerts, in the order of its start. Main thread only.
#pragma once

#include "collector/alert/deliver.h"
#include "collector/alert/needs.h"

struct alert_service {
	struct alert_config first; // at the start; `needs` points into it
	struct alert_needs needs;
	struct alert_deliver_settings settings;
	struct alert_deliver *deliver; // NULL: no outlets
};

// Reads the outlets of watch.file. Returns 0, or -1 with one line in `why`.
int alert_service_configure(struct alert_service *s, const struct settings *settings, char *why, size_t why_size);

// Adds what the sandbox has to allow.
void alert_service_confine(const struct alert_service *s, struct confine_paths *paths);

// Starts the threads, if there are outlets. Returns 0, or -1 with one line in `why`.
int alert_service_start(struct alert_service *s, const struct redis_settings *redis, char *why, size_t why_size);

// SIGHUP: reads the outlets again, opens their files again. On a fault they stay as they are, with a log line.
void alert_service_reload(struct alert_service *s, const struct redis_settings *redis);

// `finish`: waits some seconds until everything is delivered.
void alert_service_stop(struct alert_service *s, bool finish);
