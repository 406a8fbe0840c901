// SPDX-License-Identifier: BSD-3-Clause
// A capture file, of whatever kind: what the check tells of it is what reading it gives, as a file and as a pipe.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/capture/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t sum; // so that every octet is read

static void read_all(const struct capture *capture, char *why, size_t why_size)
{
	struct capture_reader *reader = capture_open(capture, why, why_size);
	struct capture_packet packet;
	uint64_t packets = 0, bytes = 0;

	if (!reader)
		abort();
	while (capture_next(reader, &packet) == 1) {
		if (packet.link >= LINK_KIND_MAX ||
			(packet.us != CAPTURE_NO_TIME && packet.us / 1000000 > UINT32_MAX) ||
			packet.size > CAPTURE_PACKET_MAX)
			abort();
		for (uint32_t i = 0; i < packet.size; i++)
			sum += packet.bytes[i];
		packets++;
		bytes += packet.size;
	}
	if (packets != capture->packets || bytes != capture->bytes)
		abort();
	capture_close(reader);
}

static void read_stream(const struct capture *capture, int result)
{
	atomic_bool stop = false;
	struct capture_reader *reader = capture_open_stream(open(capture->path, O_RDONLY | O_CLOEXEC), &stop);
	struct capture_packet packet;
	uint64_t packets = 0;
	int last;

	if (!reader)
		abort();
	while ((last = capture_next(reader, &packet)) == 1)
		packets++;
	if (last != (result == 0 ? 0 : -1) || packets != capture->packets)
		abort();
	if (last == -1 && capture_error(reader)[0] == '\0')
		abort();
	capture_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	char why[512] = "";
	struct capture capture;

	if (fd < 0) {
		fd = memfd_create("capture", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	int result = capture_check(&capture, path, why, sizeof(why));
	if ((result == 0) != (why[0] == '\0'))
		abort();
	if (result >= 0 && capture.packets > 0)
		read_all(&capture, why, sizeof(why));
	if (size > 0)
		read_stream(&capture, result);
	return 0;
}
