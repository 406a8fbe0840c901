// SPDX-License-Identifier: BSD-3-Clause
// How far a replay is, on a terminal. Main thread.
#pragma once

#include "dataplane/control/dataplane.h"

// Prints one line per second to stderr, from two seconds after the start. Does nothing for live captures, or if stderr is no terminal.
void progress_show(const struct dataplane *d);
