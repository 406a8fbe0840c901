// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/pcapng.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "dataplane/base/memory.h"
#include "dataplane/capture/plain.h"
#include "dataplane/capture/unpack.h"
#include "dataplane/common/cursor.h"

enum {
	PIECE = 128 << 10,    // octets read at once: they stay in the second cache until they are taken
	BLOCK_MIN = 12,	      // type, size, size again
	BLOCK_MAX = 16 << 20, // libpcap's bound, too
	ROOM = BLOCK_MAX + PIECE,
	INTERFACES_MAX = 64 << 10, // of a section
	MAGIC = 0x1a2b3c4d,
};

enum block {
	SECTION = 0x0a0d0d0a, // the same in both byte orders
	INTERFACE = 1,
	OLD_PACKET = 2,
	SIMPLE_PACKET = 3,
	PACKET = 6,
};

enum option { OPTION_END = 0, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14 };

static const uint64_t time_max = (uint64_t)UINT32_MAX * 1000000 + 999999; // in 2106, as in other captures

static __attribute__((format(printf, 2, 3))) int fail(struct capture_ng *ng, const char *format, ...)
{
	va_list args;
	int len = snprintf(ng->error, sizeof(ng->error), "at offset %" PRIu64 ": ", ng->block_at);

	va_start(args, format);
	vsnprintf(ng->error + len, sizeof(ng->error) - (size_t)len, format, args);
	va_end(args);
	return -1;
}

// Numbers are in the byte order of the section, not the network's.
static inline uint32_t take32(const struct capture_ng *ng, struct cursor *c)
{
	uint32_t v = cursor_u32(c);
	return ng->is_little ? __builtin_bswap32(v) : v;
}

static inline uint16_t take16(const struct capture_ng *ng, struct cursor *c)
{
	uint16_t v = cursor_u16(c);
	return ng->is_little ? __builtin_bswap16(v) : v;
}

static inline uint32_t load32(const struct capture_ng *ng, const uint8_t *p)
{
	struct cursor c = cursor_make(p, 4);
	return take32(ng, &c);
}

// octets → blocks ────────────────────────────────────────────────────────────────────────────

// Reads until `size` octets are in the buffer, at most BLOCK_MAX. False if the file has fewer.
static bool fill(struct capture_ng *ng, size_t size)
{
	size_t left = (size_t)(ng->end - ng->at);

	memmove(ng->block, ng->at, left);
	ng->offset += (uint64_t)(ng->at - ng->block);
	ng->at = ng->block;
	while (left < size) {
		ssize_t got = capture_unpack_read(ng->source, ng->block + left, PIECE);
		if (got < 0)
			ng->read_error = errno;
		if (got <= 0)
			break;
		left += (size_t)got;
	}
	ng->end = ng->block + left;
	return left >= size;
}

static inline bool need(struct capture_ng *ng, size_t size)
{
	return (size_t)(ng->end - ng->at) >= size || fill(ng, size);
}

// The file ends: after a block, or within one of `size` octets.
static int end_of_file(struct capture_ng *ng, uint32_t size)
{
	if (ng->read_error)
		return fail(ng, "%s", strerror(ng->read_error));
	if (ng->at == ng->end)
		return 0;
	ng->is_cut = true;
	return fail(ng, "a block is cut off: found %zu of its %s%" PRIu32 " octets", (size_t)(ng->end - ng->at),
		size == BLOCK_MIN ? "at least " : "", size);
}

// The byte order of the section that begins here.
static bool take_order(struct capture_ng *ng)
{
	uint32_t magic = cursor_load32(ng->at + 8);

	ng->is_little = magic == __builtin_bswap32(MAGIC);
	return ng->is_little || magic == MAGIC;
}

// The next block, without its frame. As capture_next.
static int next_block(struct capture_ng *ng, uint32_t *type, struct cursor *body)
{
	ng->block_at = ng->offset + (uint64_t)(ng->at - ng->block);
	if (!need(ng, BLOCK_MIN))
		return end_of_file(ng, BLOCK_MIN);
	if (capture_plain_begins(ng->at, BLOCK_MIN))
		return CAPTURE_ANOTHER;
	*type = load32(ng, ng->at);
	bool was_little = ng->is_little;
	if (*type == SECTION && !take_order(ng))
		return fail(ng, "found byte order %08" PRIx32 ", expected 1a2b3c4d or 4d3c2b1a",
			cursor_load32(ng->at + 8));
	ng->is_mixed |= ng->sections > 0 && was_little != ng->is_little;
	uint32_t size = load32(ng, ng->at + 4);
	if (size < BLOCK_MIN || size % 4 != 0 || size > BLOCK_MAX)
		return fail(ng, "found a block of %" PRIu32 " octets, expected a multiple of 4 from 12 to 16777216",
			size);
	if (!need(ng, size))
		return end_of_file(ng, size);
	uint32_t again = load32(ng, ng->at + size - 4);
	if (again != size)
		return fail(ng,
			"found a block of %" PRIu32 " octets that ends as one of %" PRIu32 ", expected the same", size,
			again);
	*body = cursor_make(ng->at + 8, size - BLOCK_MIN);
	ng->at += size;
	return 1;
}

// sections and interfaces ────────────────────────────────────────────────────────────────────

static int take_section(struct capture_ng *ng, struct cursor *body)
{
	cursor_skip(body, 4); // the byte order
	uint16_t major = take16(ng, body), minor = take16(ng, body);
	cursor_skip(body, 8); // its length, which is not needed to read each block
	if (body->bad)
		return fail(ng, "found a section header that is too short, expected 28 octets and more");
	if (major != 1) {
		ng->is_refused = true;
		return fail(ng, "found pcapng version %u.%u, expected 1", major, minor);
	}
	ng->sections++;
	ng->interfaces_len = 0;
	return 0;
}

// if_tsresol: a second is 10^n ticks, or with the highest bit 2^n.
static void set_resolution(struct capture_ng_interface *in, uint8_t resolution)
{
	unsigned n = resolution & 0x7f;

	in->factor = in->divisor = 1;
	in->shift = 0;
	if (resolution & 0x80) {
		in->factor = 1000000;
		in->shift = (uint8_t)n;
		return;
	}
	for (; n < 6; n++)
		in->factor *= 10;
	for (; n > 6 && in->divisor != UINT64_MAX; n--) // more than any number of ticks: the time no longer changes
		in->divisor = in->divisor > UINT64_MAX / 10 ? UINT64_MAX : in->divisor * 10;
}

// Microseconds since 1970, or CAPTURE_NO_TIME if that is before 1970 or after 2106.
static uint64_t us_of(const struct capture_ng_interface *in, uint64_t ticks)
{
	__int128 us = (__int128)((unsigned __int128)ticks * in->factor >> in->shift);

	if (in->divisor != 1)
		us = (uint64_t)us / in->divisor; // the factor is 1
	us += (__int128)in->offset_s * 1000000;
	return us < 0 || us > (__int128)time_max ? CAPTURE_NO_TIME : (uint64_t)us;
}

// if_fcslen is not needed: the length in the IP header excludes the checksum of the frame.
static int take_options(struct capture_ng *ng, struct capture_ng_interface *in, struct cursor *body)
{
	while (cursor_left(body) > 0) {
		uint16_t code = take16(ng, body), size = take16(ng, body);
		if (code == OPTION_END && !body->bad)
			break;
		struct cursor value = *body;
		if (!cursor_limit(&value, size))
			return fail(ng, "found an option that is longer than its interface");
		cursor_skip(body, size);
		cursor_skip(body, cursor_left(body) < 3 ? cursor_left(body) : -size & 3u);
		if ((code == OPTION_RESOLUTION && size != 1) || (code == OPTION_OFFSET && size != 8))
			return fail(ng, "found an option %u of %u octets, expected %d", code, size,
				code == OPTION_OFFSET ? 8 : 1);
		if (code == OPTION_RESOLUTION)
			set_resolution(in, cursor_u8(&value));
		if (code == OPTION_OFFSET) {
			uint64_t first = take32(ng, &value), second = take32(ng, &value);
			in->offset_s = (int64_t)(ng->is_little ? second << 32 | first : first << 32 | second);
		}
	}
	return 0;
}

static int take_interface(struct capture_ng *ng, struct cursor *body)
{
	struct capture_ng_interface in = {.link_type = take16(ng, body)};

	cursor_skip(body, 2);
	in.snapshot = take32(ng, body);
	if (body->bad)
		return fail(ng, "found an interface that is too short, expected 20 octets and more");
	in.is_known = capture_link_of(in.link_type, &in.link);
	set_resolution(&in, 6);
	if (take_options(ng, &in, body) != 0)
		return -1;
	if (ng->interfaces_len == INTERFACES_MAX)
		return fail(ng, "found more than %d interfaces, expected at most that", INTERFACES_MAX);
	if (ng->interfaces_len == ng->interfaces_room) {
		uint32_t room = ng->interfaces_room ? 2 * ng->interfaces_room : 4;
		struct capture_ng_interface *grown = realloc(ng->interfaces, room * sizeof(*grown));
		if (!grown)
			return fail(ng, "no memory for %" PRIu32 " interfaces", room);
		ng->interfaces = grown;
		ng->interfaces_room = room;
	}
	if (!ng->has_first)
		ng->first = in;
	ng->has_first = true;
	ng->is_mixed |= ng->first.link_type != in.link_type || ng->first.snapshot != in.snapshot;
	ng->interfaces[ng->interfaces_len++] = in;
	return 0;
}

// packets ────────────────────────────────────────────────────────────────────────────────────

// Takes the packet of a block whose head was read: `size` octets of `wire_size`. Returns 1 or -1.
static int take_packet(struct capture_ng *ng, const struct capture_ng_interface *in, uint32_t size, uint32_t wire_size,
	struct cursor *body, struct capture_packet *packet)
{
	if (body->bad || size > cursor_left(body))
		return fail(ng, "found a packet of %" PRIu32 " octets in a block too short for it", size);
	if (size > CAPTURE_PACKET_MAX)
		return fail(ng, "found a packet of %" PRIu32 " octets, expected at most %d", size, CAPTURE_PACKET_MAX);
	if (!in->is_known) {
		ng->is_refused = true;
		int len = snprintf(ng->error, sizeof(ng->error), "interface %u: ", (unsigned)(in - ng->interfaces));
		capture_link_unknown(ng->error + len, sizeof(ng->error) - (size_t)len, in->link_type);
		return -1;
	}
	packet->bytes = body->at;
	packet->size = size;
	packet->link = in->link;
	packet->is_snapped = size < wire_size;
	return 1;
}

// Of the section's interfaces, or NULL.
static const struct capture_ng_interface *find(struct capture_ng *ng, uint32_t number)
{
	if (number < ng->interfaces_len)
		return &ng->interfaces[number];
	fail(ng, "found a packet of interface %" PRIu32 ", expected one of the %" PRIu32 " before it", number,
		ng->interfaces_len);
	return NULL;
}

static int take_timed(struct capture_ng *ng, uint32_t number, struct cursor *body, struct capture_packet *packet)
{
	const struct capture_ng_interface *in = find(ng, number);
	uint64_t high = take32(ng, body), low = take32(ng, body);
	uint32_t size = take32(ng, body), wire_size = take32(ng, body);

	if (!in)
		return -1;
	packet->us = us_of(in, high << 32 | low);
	if (packet->us != CAPTURE_NO_TIME)
		ng->us = packet->us;
	return take_packet(ng, in, size, wire_size, body, packet);
}

// It has no time, so it gets that of the packet before it, and none (0) if there is no packet. Its size is
// the smaller one of what it was on the wire and the snapshot length, but what the block holds beyond that is
// read.
static int take_simple(struct capture_ng *ng, struct cursor *body, struct capture_packet *packet)
{
	const struct capture_ng_interface *in = find(ng, 0);
	uint32_t wire_size = take32(ng, body), size = wire_size;

	if (!in)
		return -1;
	if (in->snapshot > 0 && size > in->snapshot) {
		uint64_t padded = ((uint64_t)in->snapshot + 3) / 4 * 4, there = cursor_left(body);
		size = there <= padded ? in->snapshot : there < size ? (uint32_t)there : size;
	}
	packet->us = ng->us;
	return take_packet(ng, in, size, wire_size, body, packet);
}

int capture_ng_next(struct capture_ng *ng, struct capture_packet *packet)
{
	struct cursor body;
	uint32_t type;
	int result;

	while ((result = next_block(ng, &type, &body)) == 1) {
		if (type == PACKET) {
			return take_timed(ng, take32(ng, &body), &body, packet);
		} else if (type == SIMPLE_PACKET) {
			return take_simple(ng, &body, packet);
		} else if (type == OLD_PACKET) {
			uint16_t number = take16(ng, &body);
			cursor_skip(&body, 2); // packets lost
			return take_timed(ng, number, &body, packet);
		}
		if ((type == SECTION && take_section(ng, &body) != 0) ||
			(type == INTERFACE && take_interface(ng, &body) != 0))
			return -1;
	}
	return result;
}

// the file ───────────────────────────────────────────────────────────────────────────────────

int capture_ng_open(struct capture_ng *ng, struct capture_unpack *source)
{
	const uint8_t *start;
	size_t size = capture_unpack_peek(source, &start, BLOCK_MIN);

	*ng = (struct capture_ng){.source = source};
	ng->at = start;
	if (size < 4 || cursor_load32(start) != SECTION || (size >= BLOCK_MIN && !take_order(ng)))
		return 0;
	// pages that no block needs are not taken
	ng->block = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ng->block == MAP_FAILED) {
		snprintf(ng->error, sizeof(ng->error), "%s", strerror(errno));
		return -1;
	}
	memory_conceal(ng->block, ROOM);
	ng->at = ng->end = ng->block;
	return 1;
}

void capture_ng_close(struct capture_ng *ng)
{
	munmap(ng->block, ROOM);
	free(ng->interfaces);
}
