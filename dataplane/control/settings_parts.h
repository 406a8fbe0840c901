// SPDX-License-Identifier: BSD-3-Clause
// What the rooms below get of the settings: each has options of its own and knows no settings.
#pragma once

#include "dataplane/admit/filter.h"
#include "dataplane/control/settings.h"
#include "dataplane/intake/intake_options.h"
#include "dataplane/loop/worker.h"

void settings_worker(const struct dataplane_settings *settings, struct worker_options *out);

// `*out` points into `*settings`, which settings_finish has seen.
void settings_filter(const struct dataplane_settings *settings, struct filter_options *out);

// `*out` points into `*settings`, as above.
void settings_intake(const struct dataplane_settings *settings, struct intake_options *out);
