// SPDX-License-Identifier: BSD-3-Clause
// What headers we do not know, counted by their number: a counter for each that there can be, so memory is fixed and the
// counts are exact. The worker counts what it drops; the main thread looks at the sums.
#pragma once

#include "dataplane/packet/packet.h"
#include "dataplane/common/stats.h"

struct unknown; // about 1 MB of address space, of which is touched what is counted

struct unknown *unknown_new(void); // NULL: no memory
void unknown_free(struct unknown *unknown);

// Counts a packet that pkt_decap has dropped, if a number is what it ended at. Worker.
void unknown_count(struct unknown *unknown, const struct pkt *pkt);

// The most frequent ones of all `len` workers that may hide DNS, most packets first within each kind, at most
// STATS_UNKNOWN_MAX. Not numbers that are known not to, nor UDP ports behind which no IP packet was found. Returns how many.
unsigned unknown_top(const struct unknown *const *unknown, unsigned len,
	struct stats_unknown out[static STATS_UNKNOWN_MAX]);

// "EtherType 0x88b5"
void unknown_text(const struct stats_unknown *unknown, char *text, size_t size);
