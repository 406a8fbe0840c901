// SPDX-License-Identifier: BSD-3-Clause
// Reads the text of /metrics. Names of metrics come from the tables that also write them (stats.h, metrics.h).
#pragma once

#include "dataplane/common/stats.h"

enum { SAMPLES_SENSORS_MAX = 64, SAMPLES_NAME_SIZE = 128 };

// The sum of all samples of a family (without `lookback_`) whose labels contain the text `label` and that of sensor and port, if these are
// not NULL. `*found` (may be NULL): how many there are.
double samples_sum(const char *text, const char *family, const char *label, const char *sensor, const char *port,
	unsigned *found);

// A counter or gauge of the collector by its field in base/metrics.h. 0 if there is none.
double samples_collector(const char *text, const char *field);

// One of a dataplane's outbox by its field (stats.h).
double samples_outbox(const char *text, const char *field, const char *sensor);

// The sums over all workers, and over all ports or one port, of a sensor.
void samples_workers(const char *text, const char *sensor, struct worker_stats *out);
void samples_ports(const char *text, const char *sensor, const char *port, struct port_stats *out);

// The different values of a label of a family, at most `most`. Returns how many.
size_t samples_labels(const char *text, const char *family, const char *label, const char *sensor,
	char (*out)[SAMPLES_NAME_SIZE], size_t most);
