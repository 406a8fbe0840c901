// SPDX-License-Identifier: BSD-3-Clause
// The inputs that the settings `iface`, `port` and `follow` name. Any input on the command line replaces them.
#pragma once

#include "dataplane/control/dataplane.h"

// Whether there is an input, of the command line or of the settings. Call it after inputs_add.
bool inputs_are_named(const struct dataplane *d);

// Adds the inputs of `settings`, unless there is one already. Call it before DPDK starts. Returns 0, also if the settings name
// none, or -1 with one logged line.
int inputs_add(struct dataplane *d, const struct dataplane_settings *settings);

// Opens the folder that the setting `follow` names. Call it after DPDK has started. Returns 0, or -1 with one logged line.
int inputs_follow(struct dataplane *d);
