// SPDX-License-Identifier: BSD-3-Clause
// Reports about flooded zones, which become records, and notices for the log, which pass from the worker to the thread that
// logs.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/dns/dns.h"

enum { FLOOD_NOTICES = 64 }; // notices that may wait for the log, a power of two

// About a flooded zone, since the report before.
struct flood_report {
	uint8_t zone[DNS_NAME_SIZE]; // wire form
	uint8_t zone_size;
	uint8_t example_size;
	uint8_t example[DNS_NAME_SIZE]; // a name that was collapsed
	uint64_t sightings;		// collapsed
	uint64_t names;			// an estimate of the different names among these sightings, at least 1
	uint32_t first_s, last_s;	// of these sightings
};

// For the log: the zone went over its budget (report.sightings is 0), or an interval of flood ended.
struct flood_notice {
	struct flood_report report; // of the whole interval
	uint64_t budget;	    // what was exceeded
};

// Passes notices from the worker to the thread that logs.
struct flood_notices {
	atomic_uint in, out; // worker: w, r; main: r, w
	struct flood_notice at[FLOOD_NOTICES];
};

// Adds a notice for the log; drops it if too many wait, since the counters show the same. The worker.
void flood_notice_put(struct flood_notices *n, const struct flood_report *about, uint64_t budget);

// The next notice for the log. False: none. The thread that logs.
bool flood_notice_take(struct flood_notices *n, struct flood_notice *out);
