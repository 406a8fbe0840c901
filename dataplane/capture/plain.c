// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/plain.h"

#include <errno.h>
#include <stdio.h>

#include "dataplane/base/memory.h"
#include "dataplane/capture/unpack.h"

enum {
	BLOCK = 128 << 10,	    // octets per read: they stay in the L2 cache until they are used
	MAGIC_US = (int)0xa1b2c3d4, // draft-ietf-opsawg-pcap §4
	MAGIC_NS = (int)0xa1b23c4d,
	SECTION = 0x0a0d0d0a, // of a pcapng, in both byte orders
	SECTION_ORDER = 0x1a2b3c4d,
	LINK_MASK = 0xffff // without the length of a frame check sequence
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snapshot;
	uint32_t link;
};

static uint32_t number(uint32_t value, bool is_swapped)
{
	return is_swapped ? __builtin_bswap32(value) : value;
}

// Whether a file of this kind begins here.
static bool is_header(const struct file_header *h, bool *is_swapped)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		uint32_t magic = number(h->magic, swapped);
		*is_swapped = swapped;
		if (magic == (uint32_t)MAGIC_US || magic == (uint32_t)MAGIC_NS)
			return h->major == (swapped ? 0x200 : 2) && h->minor == (swapped ? 0x400 : 4);
	}
	return false;
}

bool capture_plain_begins(const uint8_t *at, size_t size)
{
	struct file_header h = {0};
	bool is_swapped;

	if (size < 8)
		return false;
	memcpy(&h, at, 8);
	return is_header(&h, &is_swapped);
}

int capture_plain_open(struct capture_plain *c, struct capture_unpack *source)
{
	struct file_header header;
	const uint8_t *start;

	*c = (struct capture_plain){.source = source};
	if (capture_unpack_peek(source, &start, sizeof(header)) < sizeof(header))
		return 0;
	memcpy(&header, start, sizeof(header));
	if (!is_header(&header, &c->is_swapped))
		return 0;
	c->block = memory_new(sizeof(struct capture_plain_record) + CAPTURE_PACKET_MAX + BLOCK);
	if (!c->block)
		return -1;
	for (size_t left = sizeof(header); left > 0;)
		left -= (size_t)capture_unpack_read(source, c->block, left); // from those looked at
	c->divisor = number(header.magic, c->is_swapped) == (uint32_t)MAGIC_NS ? 1000 : 1;
	c->snapshot = number(header.snapshot, c->is_swapped);
	c->link_type = number(header.link, c->is_swapped) & LINK_MASK;
	c->at = c->end = c->block;
	return 1;
}

void capture_plain_close(struct capture_plain *c)
{
	memory_delete(c->block);
}

// Whether a pcapng begins where the next record would.
static bool begins_section(const struct capture_plain *c)
{
	uint32_t head[3];

	memcpy(head, c->at, sizeof(head));
	return head[0] == SECTION && (head[2] == SECTION_ORDER || head[2] == __builtin_bswap32(SECTION_ORDER));
}

// Octets missing of the next record; at least 1.
static size_t missing(const struct capture_plain *c)
{
	struct capture_plain_record r;
	size_t left = (size_t)(c->end - c->at);

	if (left < sizeof(r))
		return sizeof(r) - left;
	capture_plain_record(c, &r);
	return sizeof(r) + r.size - left;
}

// The file ends, or cannot be read on.
static int end_of_file(struct capture_plain *c, size_t left, ssize_t got)
{
	if (got == 0 && left == 0)
		return 0;
	c->is_cut = got == 0;
	if (got < 0)
		snprintf(c->error, sizeof(c->error), "%s", strerror(errno));
	else
		snprintf(c->error, sizeof(c->error), "its last packet is cut off: found %zu of its %s%zu octets", left,
			left < sizeof(struct capture_plain_record) ? "at least " : "", left + missing(c));
	return -1;
}

int capture_plain_fill(struct capture_plain *c)
{
	struct capture_plain_record r;
	size_t left = (size_t)(c->end - c->at);

	if (left >= sizeof(r)) {
		capture_plain_record(c, &r);
		if (r.size > CAPTURE_PACKET_MAX && begins_section(c))
			return CAPTURE_ANOTHER;
		if (r.size > CAPTURE_PACKET_MAX) {
			snprintf(c->error, sizeof(c->error), "found a packet of %u octets, expected at most %d", r.size,
				CAPTURE_PACKET_MAX);
			return -1;
		}
	}
	memmove(c->block, c->at, left); // less than one record
	c->at = c->block;
	c->end = c->block + left;
	for (size_t wanted = missing(c); wanted > 0;) {
		ssize_t got = capture_unpack_read(c->source, c->block + left, BLOCK);
		if (got <= 0)
			return end_of_file(c, left, got);
		left += (size_t)got;
		c->end += got;
		if ((size_t)got >= wanted)
			break;
		wanted -= (size_t)got;
	}
	return 1;
}
