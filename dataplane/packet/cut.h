// SPDX-License-Identifier: BSD-3-Clause
// Packets of which the end is missing: cut by a snapshot length, or by a ring whose frames are shorter. What
// is there goes on its way (a message may be whole all the same, a segment is read up to there), but it
// counts by the reason.
#pragma once

#include "dataplane/packet/packet.h"

// After pkt_decap returned `verdict` for such a packet: moves it to the outcome `reason` if it was dropped
// for being short (`short_before`: that counter before the call), or if its innermost datagram is not whole.
// True in the last case: a message of it that is malformed is so for that reason.
bool pkt_cut_recount(const struct pkt *pkt, enum pkt_verdict verdict, uint64_t short_before, uint64_t *reason,
	struct worker_stats *stats);
