// SPDX-License-Identifier: BSD-3-Clause
// The latest counters of each dataplane, for /metrics. One slot a sensor; when all are taken, the
// one heard least recently gives way. The inbox writes, the HTTP thread reads, under a lock.
#pragma once

#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"

enum { SENSORS_MAX = 16 };

struct sensor_port {
	char name[STATS_PORT_NAME_SIZE]; // terminated
	uint64_t values[PORT_STATS_LEN]; // in the order of port_stats_lines
};

// What one STATS frame says, unpacked.
struct sensor_counters {
	char sensor[64];   // name of the sensor; empty: slot not used
	char version[32];  // of the dataplane
	bool connected;	   // a dataplane of that name is there
	uint64_t heard_ms; // monotonic time of the last frame
	uint32_t workers;  // lines of `worker` that hold something
	uint32_t ports;	   // lines of `port` that hold something
	uint64_t outbox[OUTBOX_STATS_LEN];
	uint64_t worker[STATS_WORKERS_MAX][WORKER_STATS_LEN];
	struct sensor_port port[STATS_PORTS_MAX];
	uint64_t taken;	      // sightings that were taken of those that it has handed over
	bool astray;	      // these are not the same
	uint32_t unknown_len; // items of `unknown` that hold something
	struct stats_unknown unknown[STATS_UNKNOWN_MAX];
};

struct sensors;

struct sensors *sensors_create(void); // NULL: no memory
void sensors_free(struct sensors *b);

// Unpacks the body of a STATS frame. Returns NULL, or what is wrong with it.
const char *sensors_put(struct sensors *b, const struct frame_hello *hello, struct cursor body, uint64_t now_ms);

// What was taken of what it handed over, as of the STATS frame before.
void sensors_account(struct sensors *b, const struct frame_hello *hello, uint64_t taken, bool astray, uint64_t now_ms);

// A dataplane of this sensor came or went. `hello` names it.
void sensors_connected(struct sensors *b, const struct frame_hello *hello, bool connected, uint64_t now_ms);

// Copies all used slots to `out` (SENSORS_MAX items) and returns how many.
size_t sensors_read(struct sensors *b, struct sensor_counters *out);
