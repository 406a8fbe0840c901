// SPDX-License-Identifier: BSD-3-Clause
// Capture files: looked through before anything is taken from them, then read packet by packet. The
// most ordinary ones are read by blocks (plain.h), pcapng too (pcapng.h), other pcap by libpcap;
// gzip is taken off on the way.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/packet/packet.h"

enum { CAPTURE_PACKET_MAX = 256 << 10 }; // libpcap's own bound for the links that we read

#define CAPTURE_NO_TIME UINT64_MAX // a time before 1970 or after 2106, the end of 32-bit seconds

struct capture {
	const char *path;   // as given
	enum pkt_link link; // how its frames begin; of pcapng: the first one
	bool is_plain;	    // for plain.h
	bool is_ng;	    // for pcapng.h
	bool is_mixed;	    // pcapng, of which libpcap cannot read all
	bool is_gzip;
	bool is_damaged;    // or cut off after its packets, where reading ends
	bool is_unverified; // a checksum failed: what was read before may be wrong, too
	uint32_t snapshot;  // octets of a packet, at most, as the header of a pcap says; 0: says nothing
	uint32_t longest;   // octets of its longest packet, which may be more than that
	uint64_t packets;   // how many it has, whole ones
	uint64_t bytes;	    // octets captured
	uint64_t snapped;   // packets of which only the beginning was captured
	uint64_t no_time;   // packets without a time that can be stored
	uint64_t first_us;  // when the first packet with a time was captured; CAPTURE_NO_TIME: none has one
};

struct capture_packet {
	const uint8_t *bytes; // until the next one is read
	uint32_t size;
	enum pkt_link link; // how it begins
	bool is_snapped;    // it was longer on the wire
	uint64_t us;	    // when it was captured, microseconds since 1970; below a second: without a time, or
			    // CAPTURE_NO_TIME
};

struct capture_reader;

// Reads the whole file once: is it there, whole, and of a link type that is understood? Returns 0; 1 where it
// is damaged or cut off, perhaps behind packets that can be taken; or -1. Other than 0 comes with one line in
// `why` that names the file, what was found and what was expected.
int capture_check(struct capture *capture, const char *path, char *why, size_t why_size);

// Opens a file that was checked and has packets, or returns NULL with the reason in `why`.
struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size);

// Opens a file that was not checked, to look at its beginning. NULL if it is none that can be read.
struct capture_reader *capture_open_unchecked(const char *path);

// Returns 1, 0 at the end of the file, or -1 where it is damaged, which capture_error tells about.
int capture_next(struct capture_reader *reader, struct capture_packet *packet);
const char *capture_error(struct capture_reader *reader);
void capture_close(struct capture_reader *reader);

// Of a pcap record, for the readers: seconds are 32 bits without sign, and stand as they are if the fraction
// is none.
static inline uint64_t capture_us(uint32_t seconds, uint32_t us)
{
	return (uint64_t)seconds * 1000000 + (us < 1000000 ? us : 0);
}

// Whether it is a time that can be stored: from the first second after the epoch on, since a time of 0 stands
// for none.
static inline bool capture_has_time(uint64_t us)
{
	return us - 1000000 < (uint64_t)UINT32_MAX * 1000000;
}

// For the readers. False where frames of this link type (in a file, or libpcap's DLT_) are not understood;
// and the words for that.
bool capture_link_of(int link_type, enum pkt_link *link);
void capture_link_unknown(char *why, size_t why_size, int link_type);
