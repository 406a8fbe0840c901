// SPDX-License-Identifier: BSD-3-Clause
// The latest counters of each dataplane, for /metrics. One slot per sensor; if all are used, a new sensor replaces the one
// not heard for longest. The inbox writes, HTTP threads read, under a lock.
#pragma once

#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"

enum { SENSORS_MAX = 16 };

struct sensor_port {
	char name[STATS_PORT_NAME_SIZE]; // terminated
	uint64_t values[PORT_STATS_LEN]; // in the order of port_stats_lines
};

// The contents of one STATS frame.
struct sensor_counters {
	char sensor[64];   // name of the sensor; empty: slot not used
	char version[32];  // of the dataplane
	bool connected;	   // a dataplane of this name is connected
	uint64_t heard_ms; // monotonic time of the last frame
	uint32_t workers;  // used lines of `worker`
	uint32_t ports;	   // used lines of `port`
	uint64_t outbox[OUTBOX_STATS_LEN];
	uint64_t worker[STATS_WORKERS_MAX][WORKER_STATS_LEN];
	struct sensor_port port[STATS_PORTS_MAX];
	uint64_t taken;	      // sightings received from it
	bool astray;	      // this is not the number that it has sent
	uint32_t unknown_len; // used items of `unknown`
	struct stats_unknown unknown[STATS_UNKNOWN_MAX];
};

struct sensors;

struct sensors *sensors_create(void); // NULL: no memory
void sensors_free(struct sensors *b);

// Reads the body of a STATS frame. Returns NULL, or what is wrong with it.
const char *sensors_put(struct sensors *b, const struct frame_hello *hello, struct cursor body, uint64_t now_ms);

// Sets how many sightings of this dataplane were received up to its last STATS frame. `astray`: it has sent another number.
void sensors_account(struct sensors *b, const struct frame_hello *hello, uint64_t taken, bool astray, uint64_t now_ms);

// Notes that a dataplane of this sensor has connected or disconnected.
void sensors_connected(struct sensors *b, const struct frame_hello *hello, bool connected, uint64_t now_ms);

// Forgets a sensor, unless it is connected.
void sensors_forget(struct sensors *b, const char *sensor);

// True if all these sensors (comma-separated; empty: at least one sensor) are connected and were heard within this time. Otherwise
// one line in `why`.
bool sensors_are_live(struct sensors *b, const char *names, uint64_t within_ms, uint64_t now_ms, char *why,
	size_t why_size);

// Copies all used slots to `out` (SENSORS_MAX items) and returns how many.
size_t sensors_read(struct sensors *b, struct sensor_counters *out);
