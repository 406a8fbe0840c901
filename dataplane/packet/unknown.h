// SPDX-License-Identifier: BSD-3-Clause
// Headers that no layer knows, counted by their number: one counter per possible number, so that memory is fixed and counts
// are exact. The worker counts what it drops; the main thread reads the sums.
#pragma once

#include "dataplane/packet/packet.h"
#include "dataplane/common/stats.h"

struct unknown; // about 1.5 MB of address space; only pages with counts are touched

struct unknown *unknown_new(void); // NULL if out of memory
void unknown_free(struct unknown *unknown);

// Counts a packet that pkt_decap dropped, if the reason was an unknown number. Worker only.
void unknown_count(struct unknown *unknown, const struct pkt *pkt);

// The most frequent numbers over all `len` workers that may hide DNS, most packets first within each kind, at most
// STATS_UNKNOWN_MAX. Leaves out numbers that never carry IP, and UDP ports after which no IP packet was found. Returns how
// many. Main thread.
unsigned unknown_top(const struct unknown *const *unknown, unsigned len,
	struct stats_unknown out[static STATS_UNKNOWN_MAX]);

// Writes for example "EtherType 0x88b5", terminated.
void unknown_text(const struct stats_unknown *unknown, char *text, size_t size);
