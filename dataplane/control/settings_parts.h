// SPDX-License-Identifier: BSD-3-Clause
// Gives each room below its part of the settings. They have options of their own and do not know the settings.
#pragma once

#include "dataplane/admit/filter.h"
#include "dataplane/control/settings.h"
#include "dataplane/intake/intake_options.h"
#include "dataplane/loop/worker.h"

void settings_worker(const struct dataplane_settings *settings, struct worker_options *out);

// `*out` points into `*settings`, which settings_finish has seen.
void settings_filter(const struct dataplane_settings *settings, struct filter_options *out);

// `*out` points into `*settings`.
void settings_intake(const struct dataplane_settings *settings, struct intake_options *out);
