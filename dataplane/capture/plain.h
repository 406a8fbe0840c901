// SPDX-License-Identifier: BSD-3-Clause
// pcap as tcpdump writes it: version 2.4 in this machine's byte order, micro- or nanoseconds. Read in blocks: no system call
// and no copy per packet. Files only, no pipes.
//
//     block ┌───────────────┬───────────────────────────────┬ ─ ─ ─ ─ ─ ─ ─ ─ ┐
//           │ already read  │ record │ record │ record │ re │ room to read into
//           └───────────────┴───────────────────────────────┴ ─ ─ ─ ─ ─ ─ ─ ─ ┘
//                           at                              end
#pragma once

#include <string.h>

#include "dataplane/capture/packet.h"

struct capture_plain {
	int fd;
	uint32_t divisor; // from the fraction of a second to microseconds
	uint8_t *block;
	const uint8_t *at, *end;
	const char *error; // NULL, or what is wrong
};

struct capture_plain_record { // https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
	uint32_t seconds;
	uint32_t fraction;
	uint32_t size; // octets captured, which follow
	uint32_t wire_size;
};

// Returns 0, or -1 if the file is of another kind or memory is out.
int capture_plain_open(struct capture_plain *c, const char *path);
void capture_plain_close(struct capture_plain *c);

// Reads the next block. Returns 1 if there is another whole record, 0 at the end of the file, -1 with `error`.
int capture_plain_fill(struct capture_plain *c);

// As capture_next.
static inline int capture_plain_next(struct capture_plain *c, struct capture_packet *packet)
{
	struct capture_plain_record r;

	for (;;) {
		size_t left = (size_t)(c->end - c->at);
		if (left >= sizeof(r)) {
			memcpy(&r, c->at, sizeof(r));
			if (left - sizeof(r) >= r.size && r.size <= CAPTURE_PACKET_MAX)
				break;
		}
		int result = capture_plain_fill(c);
		if (result <= 0)
			return result;
	}
	packet->bytes = c->at + sizeof(r);
	packet->size = r.size;
	packet->is_snapped = r.size < r.wire_size;
	packet->us = capture_us(r.seconds, r.fraction / c->divisor);
	c->at += sizeof(r) + r.size;
	return 1;
}
