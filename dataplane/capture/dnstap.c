// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/dnstap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/base/memory.h"
#include "dataplane/capture/dnstap_control.h"
#include "dataplane/capture/unpack.h"

enum {
	BLOCK = 128 << 10,     // octets per read
	FRAME_MAX = 256 << 10, // of data: a query and a response of 64 KiB each, and more
	START_SIZE = 12,       // octets that show what it is: size 0, size of the control frame, its type
	HEAD = 4	       // octets of a size
};

static uint32_t types = 1u << DNSTAP_RESOLVER_RESPONSE | 1u << DNSTAP_FORWARDER_RESPONSE;

void capture_dnstap_take(uint32_t wanted)
{
	types = wanted;
}

static bool is_start(const uint8_t *at)
{
	return dnstap_load32(at) == 0 && dnstap_load32(at + 4) >= HEAD && dnstap_load32(at + 4) <= DNSTAP_CONTROL_MAX &&
	       dnstap_load32(at + 8) == DNSTAP_CONTROL_START;
}

int capture_dnstap_open(struct capture_dnstap *c, struct capture_unpack *source)
{
	const uint8_t *start;

	*c = (struct capture_dnstap){.source = source};
	if (capture_unpack_peek(source, &start, START_SIZE) < START_SIZE || !is_start(start))
		return 0;
	c->block = memory_new(HEAD + FRAME_MAX + BLOCK);
	c->packet = memory_new(DNSTAP_HEADERS_MAX + FRAME_MAX);
	c->at = c->end = c->block;
	if (c->block && c->packet)
		return 1;
	snprintf(c->error, sizeof(c->error), "no memory");
	capture_dnstap_close(c);
	return -1;
}

void capture_dnstap_close(struct capture_dnstap *c)
{
	memory_delete(c->block);
	memory_delete(c->packet);
	c->block = c->packet = NULL;
}

// Reads until there are `size` octets, at most HEAD + FRAME_MAX. Returns 1, 0 at the end of the file, or -1 with `error`.
static int await(struct capture_dnstap *c, size_t size)
{
	size_t left = (size_t)(c->end - c->at);

	if (left >= size)
		return 1;
	memmove(c->block, c->at, left);
	c->at = c->block;
	c->end = c->block + left;
	while (left < size) {
		ssize_t got = capture_unpack_read(c->source, c->block + left, BLOCK);
		if (got < 0) {
			snprintf(c->error, sizeof(c->error), "%s", strerror(errno));
			return -1;
		}
		if (got == 0)
			return 0;
		left += (size_t)got;
		c->end += got;
	}
	return 1;
}

// The file ends where it may not.
static int cut(struct capture_dnstap *c)
{
	c->is_cut = true;
	snprintf(c->error, sizeof(c->error),
		"the stream of dnstap frames ends early: %zu octets of a frame are left, expected STOP",
		(size_t)(c->end - c->at));
	return -1;
}

// A control frame of `size` octets at `at`, after its two sizes. Returns 1 to go on, 0 after STOP, or -1 with `error`.
static int take_control(struct capture_dnstap *c, const uint8_t *at, uint32_t size)
{
	uint32_t type = dnstap_load32(at);
	char found[64] = "";

	if (type == DNSTAP_CONTROL_STOP)
		return 0;
	if (type != DNSTAP_CONTROL_START) {
		snprintf(c->error, sizeof(c->error), "found a control frame of type %u, expected START or STOP", type);
		return -1;
	}
	if (dnstap_control_fits(at + HEAD, at + size, found, sizeof(found)))
		return 1;
	c->is_refused = true;
	snprintf(c->error, sizeof(c->error), "found Frame Streams of content type %s, expected %s", found,
		DNSTAP_CONTENT_TYPE);
	return -1;
}

// After STOP: nothing, another stream, or a capture of another kind.
static int after_stop(struct capture_dnstap *c)
{
	if (c->ends_at_stop)
		return 0;
	int result = await(c, HEAD);
	if (result <= 0)
		return result == 0 && c->end > c->at ? cut(c) : result;
	return CAPTURE_ANOTHER;
}

// The next data frame: `*data`. Returns 1, or as capture_next.
static int next_frame(struct capture_dnstap *c, const uint8_t **data, uint32_t *size)
{
	for (;;) {
		int result = await(c, HEAD);
		if (result <= 0)
			return result == 0 ? cut(c) : result;
		*size = dnstap_load32(c->at);
		bool is_control = *size == 0;
		if (is_control) {
			if ((result = await(c, 2 * HEAD)) <= 0)
				return result == 0 ? cut(c) : result;
			*size = dnstap_load32(c->at + HEAD);
		}
		if (*size > (is_control ? DNSTAP_CONTROL_MAX : FRAME_MAX) || (is_control && *size < HEAD)) {
			snprintf(c->error, sizeof(c->error), "found a %s frame of %u octets, expected at most %d",
				is_control ? "control" : "data", *size, is_control ? DNSTAP_CONTROL_MAX : FRAME_MAX);
			return -1;
		}
		size_t head = is_control ? 2 * HEAD : HEAD;
		if ((result = await(c, head + *size)) <= 0)
			return result == 0 ? cut(c) : result;
		*data = c->at + head;
		c->at += head + *size;
		if (!is_control)
			return 1;
		if ((result = take_control(c, *data, *size)) <= 0)
			return result == 0 ? after_stop(c) : result;
	}
}

int capture_dnstap_next(struct capture_dnstap *c, struct capture_packet *packet)
{
	struct dnstap_packet p;
	const uint8_t *data;
	uint32_t size;

	for (;;) {
		int result = next_frame(c, &data, &size);
		if (result != 1)
			return result;
		enum dnstap_verdict verdict = dnstap_message_read(&p, data, size, types);
		c->passed += verdict == DNSTAP_PASSED;
		c->malformed += verdict == DNSTAP_MALFORMED;
		if (verdict == DNSTAP_TAKEN)
			break;
	}
	memcpy(c->packet, p.headers, p.headers_size);
	memcpy(c->packet + p.headers_size, p.message, p.message_size);
	*packet = (struct capture_packet){.bytes = c->packet,
		.size = p.headers_size + p.message_size,
		.link = LINK_KIND_MATCHED_IP,
		.us = p.us == UINT64_MAX ? CAPTURE_NO_TIME : p.us};
	return 1;
}
