// SPDX-License-Identifier: BSD-3-Clause
// Capture files (pcap and pcapng, by libpcap): looked through before anything is taken from them.
#pragma once

#include <stdint.h>

#include "dataplane/pkt.h"

struct capture {
	const char *path;    // as given
	enum pkt_link link;  // how its frames begin
	uint64_t packets;    // how many it has
	uint64_t bytes;	     // octets captured
};

// Reads the whole file once: is it there, whole, and of a link type that is understood? Returns 0,
// or -1 with one line in `why` that names the file, what was found and what was expected.
int capture_check(struct capture *capture, const char *path, char *why, size_t why_size);
