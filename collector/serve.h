// SPDX-License-Identifier: BSD-3-Clause
// The collector while it serves: signals, reloads, what the service manager learns. Main thread only.
#pragma once

#include "collector/collector.h"

// Before the sandbox: what serving needs besides signals. Returns 0, or -1 with one line in `why`.
int serve_prepare(struct collector *c, char *why, size_t why_size);

// Everything runs. Serves until a signal, or with --once the end of a stream. Returns an exit status.
int serve(struct collector *c);
