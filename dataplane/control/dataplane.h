// SPDX-License-Identifier: BSD-3-Clause
// One run of lookback-dataplane: what main.c, control/ and report/ share. Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/admit/filter.h"
#include "dataplane/common/clock_steps.h"
#include "dataplane/control/eal.h"
#include "dataplane/control/reload.h"
#include "dataplane/control/settings.h"
#include "dataplane/flush/collector_wait.h"
#include "dataplane/flush/outbox.h"
#include "dataplane/follow/follow.h"
#include "dataplane/intake/intake.h"
#include "dataplane/loop/worker.h"

struct dataplane {
	struct dataplane_settings settings;
	struct eal_args eal;
	struct intake intake;
	struct worker *workers; // settings.workers of them
	struct flush **flushes; // of each worker
	struct outbox *outbox;
	struct follower *follow;    // NULL without --follow
	struct filter_set *filters; // in force
	struct filter_set *retired; // replaced, but a worker may still be using it; NULL: none
	struct reload reload;
	uint64_t reloads, reloads_refused;
	bool summary, json, check; // options of these names
	bool follow_named;	   // --follow
	bool check_host;	   // --check=host: without the input
	double check_s;		   // how long --check looks at packets; 0: not at all
	uint64_t started_ms;	   // monotonic
	uint64_t start_s;	   // the same, seconds since 1970
	struct clock_steps clock;
	uint64_t clock_steps;
	struct collector_wait wait;
	char ports[128]; // names of the ports, comma-separated; the outbox sends them at each connect
};
