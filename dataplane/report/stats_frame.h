// SPDX-License-Identifier: BSD-3-Clause
// The STATS frame (common/stats.h): all counters, for the collector.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Writes the body. `dataplane` is a struct dataplane. Returns its octets; 0 if it does not fit into `size`. Main thread only.
size_t stats_frame_write(void *dataplane, uint8_t *out, size_t size);
