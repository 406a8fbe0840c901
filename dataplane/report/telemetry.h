// SPDX-License-Identifier: BSD-3-Clause
// Commands for dpdk-telemetry.py, in the manner of DPDK's own: without a number a list, with one the
// counters of that worker.
//
//     /lookback/workers    /lookback/workers,0    everything that worker 0 counts
//     /lookback/tables     /lookback/tables,0     its table and what became of its sightings
//     /lookback/filters                           what is set, and what it left out
#pragma once

#include "dataplane/admit/filter.h"
#include "dataplane/control/settings.h"
#include "dataplane/loop/worker.h"

// Registers the commands; `workers` must live to the end. Does nothing where telemetry is off.
void telemetry_start(const struct worker *workers, unsigned len);

// Tells of a set that has become the one in force. Main thread.
void telemetry_set_filters(const struct dataplane_settings *settings, const struct filter_set *set);
