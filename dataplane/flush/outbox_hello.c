// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/flush/outbox_hello.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/stats.h"

// Names of hosts and ports are the system's: what the collector would not take is shown as '?'.
static void make_text(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

uint32_t outbox_hello(const char *sensor, const char *ports, const uint8_t stream[static STREAM_UUID_SIZE],
	uint64_t start_s, uint8_t *out)
{
	struct frame frame;
	struct frame_hello hello = {.start_s = start_s, .stats_layout = stats_layout()};

	memcpy(hello.stream, stream, sizeof(hello.stream));
	snprintf(hello.version, sizeof(hello.version), "%s", LOOKBACK_VERSION);
	snprintf(hello.sensor, sizeof(hello.sensor), "%s", sensor);
	snprintf(hello.ports, sizeof(hello.ports), "%s", ports);
	gethostname(hello.host, sizeof(hello.host) - 1);
	make_text(hello.host);
	make_text(hello.ports);
	frame_begin(&frame, out);
	memcpy(frame.bytes + frame.size, &hello, sizeof(hello));
	frame.size += sizeof(hello);
	frame_finish(&frame, FRAME_HELLO, 0);
	return frame.size;
}
