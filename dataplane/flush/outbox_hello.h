// SPDX-License-Identifier: BSD-3-Clause
// HELLO, the first frame of each connection to the collector: which sensor, host and start of the dataplane it is.
#pragma once

#include <stdint.h>

#include "dataplane/common/frame.h"

// Writes the frame of a new stream, with a new UUID and the time, to `out` (sizeof(struct frame_header) + sizeof(struct frame_hello)); returns its size. `ports`:
// names of the ports, for people.
uint32_t outbox_hello(const char *sensor, const char *ports, uint8_t *out);
