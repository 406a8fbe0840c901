// SPDX-License-Identifier: BSD-3-Clause
// pcap as tcpdump writes it: version 2.4 in either byte order, micro- or nanoseconds. Read in blocks: no system call and no
// copy per packet. Another capture may follow after its last packet (cat a.pcap b.pcap).
//
//     block ┌───────────────┬───────────────────────────────┬ ─ ─ ─ ─ ─ ─ ─ ─ ┐
//           │ already read  │ record │ record │ record │ re │ room to read into
//           └───────────────┴───────────────────────────────┴ ─ ─ ─ ─ ─ ─ ─ ─ ┘
//                           at                              end
#pragma once

#include <string.h>

#include "dataplane/capture/packet.h"

struct capture_unpack;

struct capture_plain {
	struct capture_unpack *source; // borrowed
	bool is_swapped;	       // not in this machine's byte order
	bool is_cut;		       // the file ends within a packet
	uint32_t divisor;	       // from the fraction of a second to microseconds
	uint32_t snapshot;	       // of the header
	uint32_t link_type;	       // of the header
	uint8_t *block;
	const uint8_t *at, *end;
	char error[96]; // after -1: what is wrong
};

struct capture_plain_record { // https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
	uint32_t seconds;
	uint32_t fraction;
	uint32_t size; // octets captured, which follow
	uint32_t wire_size;
};

// Whether such a file begins with these octets.
bool capture_plain_begins(const uint8_t *at, size_t size);

// Returns 1; 0 if the file is of another kind, and nothing was taken from the source; -1 without memory. After 1 it must be closed.
int capture_plain_open(struct capture_plain *c, struct capture_unpack *source);
void capture_plain_close(struct capture_plain *c);

// Reads the next block. Returns 1 if there is another whole record, 0 at the end of the file, CAPTURE_ANOTHER, or -1 with
// `error`.
int capture_plain_fill(struct capture_plain *c);

// The head of the record at `at`.
static inline void capture_plain_record(const struct capture_plain *c, struct capture_plain_record *r)
{
	memcpy(r, c->at, sizeof(*r));
	if (__builtin_expect(c->is_swapped, 0)) {
		r->seconds = __builtin_bswap32(r->seconds);
		r->fraction = __builtin_bswap32(r->fraction);
		r->size = __builtin_bswap32(r->size);
		r->wire_size = __builtin_bswap32(r->wire_size);
	}
}

// As capture_next; CAPTURE_ANOTHER if another capture begins at `at`. A file's header, read as a record, has no octets.
static inline int capture_plain_next(struct capture_plain *c, struct capture_packet *packet)
{
	struct capture_plain_record r;

	for (;;) {
		size_t left = (size_t)(c->end - c->at);
		if (left >= sizeof(r)) {
			capture_plain_record(c, &r);
			if (left - sizeof(r) >= r.size && r.size <= CAPTURE_PACKET_MAX)
				break;
		}
		int result = capture_plain_fill(c);
		if (result != 1)
			return result;
	}
	if (__builtin_expect(r.size == 0 && r.wire_size == 0, 0) && capture_plain_begins(c->at, sizeof(r)))
		return CAPTURE_ANOTHER;
	packet->bytes = c->at + sizeof(r);
	packet->size = r.size;
	packet->is_snapped = r.size < r.wire_size;
	packet->us = capture_us(r.seconds, r.fraction / c->divisor);
	c->at += sizeof(r) + r.size;
	return 1;
}
