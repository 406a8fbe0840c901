// SPDX-License-Identifier: BSD-3-Clause
// The end of a run: what was taken, what was lost, and whether the accounts add up. Main thread, after the workers have ended unless
// noted.
#pragma once

#include "dataplane/control/dataplane.h"

// After a signal: whether it came before the last packet of a replay; logs it. At any time.
bool closing_is_cut_short(const struct dataplane *d);

// Logs what the collector has not taken over in this time. At any time.
void closing_log_lost(const struct dataplane *d, uint64_t waited_ms);

// Prints the accounts if --summary is given, and checks them always. Returns 0, or -1: they do not add up, or a replay lost
// sightings.
int closing_accounts(const struct dataplane *d);

void closing_log_totals(const struct dataplane *d);
