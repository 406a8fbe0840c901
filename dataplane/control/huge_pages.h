// SPDX-License-Identifier: BSD-3-Clause
// How many huge pages a run needs, by its settings: the one number that --check, the log and scripts/host-setup report.
#pragma once

#include <stdbool.h>

#include "dataplane/control/settings.h"

enum { HUGE_PAGE_MIB = 2 };

// Memory of DPDK, including packet buffers; `intake_mib`: intake_memory_mib.
unsigned huge_pages_packets_mib(const struct dataplane_settings *s, unsigned intake_mib);

// Pages of 2 MiB for that memory and for the tables of all workers.
unsigned huge_pages_wanted(const struct dataplane_settings *s, unsigned intake_mib);

// Pages of the default size that are free and not reserved; `total` (may be NULL): all pages.
long huge_pages_free(long *total);

// Whether so much can be allocated now: allocates and frees it.
bool huge_pages_can_be_had(unsigned mib);
