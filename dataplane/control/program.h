// SPDX-License-Identifier: BSD-3-Clause
// One run of lookback-dataplane: what its parts, main.c, options.c and crew.c, have in common. Main
// thread alone.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/flush/collector_wait.h"
#include "dataplane/control/eal.h"
#include "dataplane/admit/filter.h"
#include "dataplane/intake/intake.h"
#include "dataplane/flush/outbox.h"
#include "dataplane/control/reload.h"
#include "dataplane/control/settings.h"
#include "dataplane/loop/worker.h"

struct program {
	struct dataplane_settings settings;
	struct eal_args eal;
	struct intake intake;
	struct worker *workers;
	struct flush **flushes;
	struct outbox *outbox;
	struct filter_set *filters;
	struct filter_set *retired; // taken back, but a worker may still be using it; NULL: none
	struct reload reload;
	uint64_t reloads, reloads_refused;
	bool summary, json, check;
	double check_s;	     // how long --check looks at what comes; 0: not at all
	uint64_t started_ms; // monotonic
	struct collector_wait wait;
	char ports[128]; // names of the ports, comma-separated; the outbox tells them at each connect
};

// options.c: reads the command line and the configuration. Ends the program where they are wrong, or
// ask for --help or --version.
void options_read(struct program *p, int argc, char **argv);

// confine.c: what the program gives up once it is set up, and the helper that keeps it. confine_begin comes before all else,
// confine before the workers parse. 0, or -1 with one logged line.
int confine_begin(struct program *p, int argc, char **argv);
int confine(const struct program *p);
void confine_check(const struct program *p); // --check: does it, and tells

// crew.c: the workers. They are set up before DPDK's lcores run them; 0, or -ENOMEM.
int crew_set_up(struct program *p);
int crew_start(struct program *p);	    // 0, or -1 with one logged line
bool crew_is_done(const struct program *p); // every worker has flushed and ended

// What was read again on SIGHUP, if it is there: workers take the new filters in their next turn; none waits, no packet is
// lost.
// The set before is freed by crew_retire_filters, once no worker can be using it: one that replays may wait for the collector
// in the middle of a burst. Not to be called while there is such a set.
void crew_reload(struct program *p);
void crew_retire_filters(struct program *p);

// The headers that the workers did not know (packet/unknown.h). Returns how many.
unsigned crew_unknown(const struct program *p, struct stats_unknown out[static STATS_UNKNOWN_MAX]);

// Logs, once, each that hides IP packets.
void crew_log_unknown(const struct program *p);

// Logs what the workers tell about flooded zones.
void crew_log_floods(struct program *p);

// The counters of a port and those that its workers keep of it.
void crew_read_port(const struct program *p, unsigned index, struct port_stats *stats);

// A port goes away and comes back (intake/intake.h): its workers leave it alone meanwhile.
void crew_pause_port(void *program, unsigned index);
void crew_resume_port(void *program, unsigned index);
