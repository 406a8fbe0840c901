// SPDX-License-Identifier: BSD-3-Clause
// The slow path of a packet: headers that pkt_fast does not read, or several segments. pkt_decap removes its headers;
// the rest is a datagram, a TCP segment, a fragment, or none of these.
#pragma once

#include "dataplane/loop/burst_state.h"

// Takes a packet whose frame begins as `link` says; the packets before it are finished first. `m` is freed with the
// burst, or kept by the reassembly of fragments.
void slow_packet_take(struct worker *w, struct burst *b, struct rte_mbuf *m, enum link_kind link);

// True if the packet is a copy of an earlier one and must be dropped (setting dedup). For packets that copies_wants or
// w->copies_mask has chosen.
bool slow_packet_is_copy(struct worker *w, const struct pkt *pkt);
