// SPDX-License-Identifier: BSD-3-Clause
// Commands for dpdk-telemetry.py, in the style of DPDK's own: without a number a list of workers, with one its counters.
//
//     /lookback/workers    /lookback/workers,0    all counters of worker 0
//     /lookback/tables     /lookback/tables,0     its table and its sightings
//     /lookback/filters                           filters in force, and what they dropped
#pragma once

#include "dataplane/admit/filter.h"
#include "dataplane/control/settings.h"
#include "dataplane/loop/worker.h"

// Registers the commands; `workers` must live until the program ends. Does nothing if telemetry is off.
void telemetry_start(const struct worker *workers, unsigned len);

// Call it when `set` is in force. Main thread only.
void telemetry_set_filters(const struct dataplane_settings *settings, const struct filter_set *set);
