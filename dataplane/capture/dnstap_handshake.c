// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/dnstap_handshake.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "dataplane/capture/dnstap_control.h"

enum { STEP_MS = 200 };

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Waits until `size` octets can be read, and copies them, without taking them if `peek`. False with `why`.
static bool receive(int fd, const atomic_bool *stop, long long end_ms, uint8_t *to, size_t size, bool peek, char *why,
	size_t why_size)
{
	size_t seen = 0;

	for (;;) {
		ssize_t got = recv(fd, to, size, MSG_PEEK | MSG_DONTWAIT);
		if (got == (ssize_t)size)
			return peek || recv(fd, to, size, MSG_DONTWAIT) == got;
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			snprintf(why, why_size, "the connection ended before the handshake did");
			return false;
		}
		if (atomic_load(stop) || now_ms() > end_ms) {
			snprintf(why, why_size, "timed out before START; is the sender's protocol Frame Streams?");
			return false;
		}
		// octets that were seen before would end a poll at once
		if (got > (ssize_t)seen) {
			seen = (size_t)got;
			continue;
		}
		poll(&(struct pollfd){.fd = fd, .events = got > 0 ? 0 : POLLIN}, 1, got > 0 ? 10 : STEP_MS);
	}
}

static bool send_control(int fd, uint32_t type, bool with_content)
{
	uint8_t frame[64];
	size_t size = dnstap_control_write(frame, type, with_content);

	return send(fd, frame, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size;
}

bool dnstap_handshake(int fd, const atomic_bool *stop, int ms, char *why, size_t why_size)
{
	uint8_t head[DNSTAP_CONTROL_HEAD + 4], frame[DNSTAP_CONTROL_HEAD + DNSTAP_CONTROL_MAX];
	long long end_ms = now_ms() + ms;
	char found[64] = "";

	if (!receive(fd, stop, end_ms, head, sizeof(head), true, why, why_size))
		return false;
	uint32_t size = dnstap_load32(head + 4), type = dnstap_load32(head + 8);
	if (dnstap_load32(head) != 0 || size < 4 || size > DNSTAP_CONTROL_MAX ||
		(type != DNSTAP_CONTROL_READY && type != DNSTAP_CONTROL_START)) {
		snprintf(why, why_size, "found another protocol, expected Frame Streams: READY or START");
		return false;
	}
	if (type == DNSTAP_CONTROL_START)
		return true;
	if (!receive(fd, stop, end_ms, frame, DNSTAP_CONTROL_HEAD + size, false, why, why_size))
		return false;
	if (!dnstap_control_fits(frame + sizeof(head), frame + DNSTAP_CONTROL_HEAD + size, found, sizeof(found))) {
		snprintf(why, why_size, "found content type %s, expected %s", found, DNSTAP_CONTENT_TYPE);
		return false;
	}
	if (!send_control(fd, DNSTAP_CONTROL_ACCEPT, true)) {
		snprintf(why, why_size, "cannot send ACCEPT: %s", strerror(errno));
		return false;
	}
	return receive(fd, stop, end_ms, head, sizeof(head), true, why, why_size);
}

void dnstap_handshake_finish(int fd)
{
	send_control(fd, DNSTAP_CONTROL_FINISH, false);
}
