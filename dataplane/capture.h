// SPDX-License-Identifier: BSD-3-Clause
// Capture files: looked through before anything is taken from them, then read packet by packet. The
// most ordinary ones are read by blocks (capture_plain.h), all others by libpcap.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/pkt.h"

struct capture {
	const char *path;    // as given
	enum pkt_link link;  // how its frames begin
	bool is_plain;	     // for capture_plain.h
	uint32_t snapshot;   // octets of a packet, at most
	uint64_t packets;    // how many it has
	uint64_t bytes;	     // octets captured
};

struct capture_packet {
	const uint8_t *bytes; // until the next one is read
	uint32_t size;
	uint64_t us; // when it was captured, microseconds since 1970
};

struct capture_reader;

// Reads the whole file once: is it there, whole, and of a link type that is understood? Returns 0,
// or -1 with one line in `why` that names the file, what was found and what was expected.
int capture_check(struct capture *capture, const char *path, char *why, size_t why_size);

// Opens a file that was checked, or returns NULL with the reason in `why`.
struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size);

// Returns 1, 0 at the end of the file, or -1 where it is damaged, which capture_error tells about.
int capture_next(struct capture_reader *reader, struct capture_packet *packet);
const char *capture_error(struct capture_reader *reader);
void capture_close(struct capture_reader *reader);
