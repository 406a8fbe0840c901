// SPDX-License-Identifier: BSD-3-Clause
// Capture files: looked through before anything is taken from them, then read packet by packet. The
// most ordinary ones are read by blocks (capture_plain.h), pcapng too (capture_ng.h), other pcap by libpcap; gzip is
// taken off on the way.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/pkt.h"

struct capture {
	const char *path;    // as given
	enum pkt_link link;  // how its frames begin; of pcapng: the first one
	bool is_plain;	     // for capture_plain.h
	bool is_ng;	     // for capture_ng.h
	bool is_mixed;	     // pcapng, of which libpcap cannot read all
	bool is_gzip;
	bool is_damaged;     // or cut off behind its packets, where reading ends
	uint32_t snapshot;   // octets of a packet, at most
	uint64_t packets;    // how many it has, whole ones
	uint64_t bytes;	     // octets captured
};

struct capture_packet {
	const uint8_t *bytes; // until the next one is read
	uint32_t size;
	enum pkt_link link; // how it begins
	uint64_t us;	    // when it was captured, microseconds since 1970
};

struct capture_reader;

// Reads the whole file once: is it there, whole, and of a link type that is understood? Returns 0; 1 where it
// is damaged or cut off, perhaps behind packets that can be taken; or -1. Other than 0 comes with one line in `why`
// that names the file, what was found and what was expected.
int capture_check(struct capture *capture, const char *path, char *why, size_t why_size);

// Opens a file that was checked and has packets, or returns NULL with the reason in `why`.
struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size);

// Returns 1, 0 at the end of the file, or -1 where it is damaged, which capture_error tells about.
int capture_next(struct capture_reader *reader, struct capture_packet *packet);
const char *capture_error(struct capture_reader *reader);
void capture_close(struct capture_reader *reader);

// For the readers. False where frames of this link type (in a file, or libpcap's DLT_) are not understood; and the
// words for that.
bool capture_link_of(int link_type, enum pkt_link *link);
void capture_link_unknown(char *why, size_t why_size, int link_type);
