// SPDX-License-Identifier: BSD-3-Clause
// Capture files: looked through before anything is taken from them, then read packet by packet. The
// most ordinary ones are read by blocks (plain.h), pcapng too (pcapng.h), other pcap by libpcap;
// gzip is taken off on the way.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/capture/packet.h"

struct capture {
	const char *path;    // as given
	enum link_kind link; // how its frames begin; of pcapng: the first one
	bool is_plain;	     // for plain.h
	bool is_ng;	     // for pcapng.h
	bool is_mixed;	     // pcapng, of which libpcap cannot read all
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
