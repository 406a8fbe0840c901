// SPDX-License-Identifier: BSD-3-Clause
// HELLO, the first frame of each connection to the collector: which sensor, host and start of the dataplane it is.
#pragma once

#include <stdint.h>

#include "dataplane/common/frame.h"

// Writes the frame to `out` (at most FRAME_SIZE_MAX octets); returns its size. `ports`: names of the ports, for people.
// `stream`: identifies this start of the dataplane; `start_s`: its time, seconds since 1970.
uint32_t outbox_hello(const char *sensor, const char *ports, const uint8_t stream[static STREAM_UUID_SIZE],
	uint64_t start_s, uint8_t *out);
