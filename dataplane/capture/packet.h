// SPDX-License-Identifier: BSD-3-Clause
// One packet of a capture, and what the readers of all formats (plain.h, pcap.h, pcapng.h) share. capture.h is built on
// the readers; they do not include it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/link_kind.h"

enum { CAPTURE_PACKET_MAX = 256 << 10 }; // octets of a packet; libpcap's own limit for the links that we read

enum { CAPTURE_ANOTHER = 2 }; // result of a reader: another capture begins here (cat a.pcap b.pcap)

#define CAPTURE_NO_TIME UINT64_MAX // a time before 1970, or after 2106, the end of 32-bit seconds

struct capture_packet {
	const uint8_t *bytes; // owned by the reader; valid until the next packet is read
	uint32_t size;	      // octets captured
	enum link_kind link;  // how the frame begins
	bool is_snapped;      // it was longer on the wire
	uint64_t us;	      // when it was captured, microseconds since 1970. Below 1 s or CAPTURE_NO_TIME: no time
};

// Time of a pcap record in microseconds since 1970. Seconds are 32 bits without sign. A fraction of 1 s or more is
// invalid and ignored.
static inline uint64_t capture_us(uint32_t seconds, uint32_t us)
{
	return (uint64_t)seconds * 1000000 + (us < 1000000 ? us : 0);
}

// True if the time can be stored. The first second after the epoch is excluded: a time of 0 means that there is none.
static inline bool capture_has_time(uint64_t us)
{
	return us - 1000000 < (uint64_t)UINT32_MAX * 1000000;
}

// The kind of a link type (LINKTYPE_ in a file, or libpcap's DLT_). False if its frames are not understood.
bool capture_link_of(int link_type, enum link_kind *link);

// Writes "found link type X (N), expected …" to `why`.
void capture_link_unknown(char *why, size_t why_size, int link_type);
