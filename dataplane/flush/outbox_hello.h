// SPDX-License-Identifier: BSD-3-Clause
// Who hands over: the first frame of each connection to the collector.
#pragma once

#include "dataplane/flush/outbox.h"

// Writes the HELLO to `out` (FRAME_SIZE_MAX octets at most); returns its size. `stream` and `start_s` are of this start of the dataplane.
uint32_t outbox_hello(const struct outbox_options *options, const uint8_t stream[static STREAM_UUID_SIZE],
	uint64_t start_s, uint8_t *out);
