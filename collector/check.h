// SPDX-License-Identifier: BSD-3-Clause
// What can be tried before the collector runs: its settings, its sandbox, Redis.
#pragma once

#include "collector/base/confine.h"

// --check: prints what it finds. It runs in the sandbox, to find out if the sandbox is too strict. Returns an
// exit status.
int collector_check(const struct settings *s, const struct confine_paths *paths, struct sandbox *sandbox);

// Connects to Redis once and closes. `report`: prints what was found. Returns an exit status.
int collector_check_redis(const struct settings *s, bool report);
