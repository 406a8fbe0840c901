// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/flush/outbox_hello.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/common/stats.h"

// Names of hosts and ports are the system's: what the collector would not take is shown as '?'.
static void make_text(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

uint32_t outbox_hello(const char *sensor, const char *ports, uint8_t *out)
{
	struct frame frame;
	struct frame_hello hello = {.start_s = (uint64_t)time(NULL), .stats_layout = stats_layout()};
	ssize_t random = getrandom(hello.stream, sizeof(hello.stream), 0);

	(void)random;
	hello.stream[6] = (uint8_t)((hello.stream[6] & 0x0f) | 0x40); // RFC 9562 §5.4: version 4
	hello.stream[8] = (uint8_t)((hello.stream[8] & 0x3f) | 0x80);
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
