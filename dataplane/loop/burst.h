// SPDX-License-Identifier: BSD-3-Clause
// The packets of one poll: headers off, then each DNS message to its end, by the fast path (answer.h) if the packet and the
// message are ordinary, else by slow_packet.h and message.h. The worker's own thread.
#pragma once

#include "dataplane/loop/worker_state.h"

struct rte_mbuf;

// Takes `len` packets, at most WORKER_BURST, of one source, and frees them.
void burst_take(struct worker *w, struct worker_source *source, struct rte_mbuf **mbufs, uint16_t len);
