// SPDX-License-Identifier: BSD-3-Clause
// Log lines about what the counters show: packets that are incomplete or doubled, unknown headers, floods. Main thread only.
#pragma once

#include "dataplane/control/dataplane.h"

// Hints (hints.h) and frames that were too long, each kind at most once an hour. Call it once a second, and at the end.
void notices_look(const struct dataplane *d);

// Headers that hide IP packets, each once. Call it at the end.
void notices_unknown(const struct dataplane *d);

// Zones that the workers report as flooded. Call it once a second, and at the end.
void notices_floods(struct dataplane *d);
