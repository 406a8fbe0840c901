// SPDX-License-Identifier: BSD-3-Clause
// The filters of the start. Main thread only.
#pragma once

#include "dataplane/control/dataplane.h"

// Reads the filters; large lists take their time. Returns 0, -1 with one logged line, or 1 after a signal.
int reload_first(struct dataplane *d, bool (*is_stopped)(void));
