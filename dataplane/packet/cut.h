// SPDX-License-Identifier: BSD-3-Clause
// Packets whose end is missing: cut by a snapshot length, or by a ring with shorter frames. The rest is processed as
// usual: a message may be whole, and a segment is read as far as it is there. But the packet counts under the reason.
#pragma once

#include "dataplane/packet/packet.h"

// Call after pkt_decap returned `verdict` for such a packet. Moves the packet to the outcome `reason` if it was dropped as
// too short (`short_before`: that counter before the call), or if its innermost datagram is not whole. Returns true in the
// second case: if a message of it is malformed, this is why.
bool pkt_cut_recount(const struct pkt *pkt, enum pkt_verdict verdict, uint64_t short_before, uint64_t *reason,
	struct worker_stats *stats);
