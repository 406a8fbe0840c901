// SPDX-License-Identifier: BSD-3-Clause
// What the service manager learns of a run: that it is ready, its state in one line, keep-alives, when a reload is over. Without a
// service manager nothing happens. Main thread only.
#pragma once

#include "dataplane/control/dataplane.h"

// The workers run.
void status_ready(const struct dataplane *d);

// Once a turn of the main thread. Sends a keep-alive only if every worker makes progress, too.
void status_turn(const struct dataplane *d);

// A reload was begun.
void status_reloading(void);

// Once a turn: `is_idle` if no reload is asked for or running. Call control_accept before it is found out.
void status_reload_turn(bool is_idle);
