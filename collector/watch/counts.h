// SPDX-License-Identifier: BSD-3-Clause
// Alerts counted by rule, for /metrics. The watch thread counts; any thread reads.
#pragma once

#include "collector/watch/alert.h"

#include <pthread.h>

enum { WATCH_COUNTS_MAX = 100 };

struct watch_count {
	char rule[WATCH_NAME_SIZE]; // "other": all rules after the first WATCH_COUNTS_MAX that had an alert
	uint64_t alerts;
};

struct watch_counts {
	pthread_mutex_t lock;
	struct watch_count at[WATCH_COUNTS_MAX + 1];
	size_t len;
};

void watch_counts_init(struct watch_counts *c);

// Counts alerts that were written, here and in the metrics by kind.
void watch_counts_add(struct watch_counts *c, const struct watch_alerts *alerts);

// Returns how many.
size_t watch_counts_read(struct watch_counts *c, struct watch_count out[WATCH_COUNTS_MAX + 1]);
