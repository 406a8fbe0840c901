// SPDX-License-Identifier: BSD-3-Clause
// What the outlets need in the sandbox, so that nothing else is allowed: base/confine.h.
#pragma once

#include "collector/alert/config.h"
#include "collector/base/confine.h"

enum { ALERT_NEEDS_MAX = ALERT_OUTLETS_MAX * 7 + 8 };

struct alert_needs {
	struct confine_extra extra[ALERT_NEEDS_MAX]; // paths are those of the configuration
	size_t len;
	unsigned sockets; // enum sandbox_sockets
};

struct alert_needs alert_needs_of(const struct alert_config *c);

// The first outlet that needs what `allowed` does not have, or NULL: it needs a restart.
const struct alert_outlet_config *alert_needs_more(const struct alert_config *c, const struct alert_needs *allowed);
