// SPDX-License-Identifier: BSD-3-Clause
// What the loop does with the packets of one poll: packets → messages → records → sightings in the
// table. Called by the worker's own thread alone.
#pragma once

#include <rte_mbuf.h>

#include "dataplane/loop/worker.h"

// Takes `len` packets (WORKER_BURST at most) of one source; they are freed.
void take_burst(struct worker *w, struct worker_source *source, struct rte_mbuf **mbufs, uint16_t len);

// Live, the time of packets is that of the last look at the clock.
static inline void burst_set_clock(struct worker *w)
{
	w->packet_us = w->clock_us = w->wall_us;
	w->clock_s = (uint32_t)(w->wall_us / 1000000);
}

// Takes a message out of a TCP stream; `context` is the worker. See packet/tcp.h.
void take_stream_message(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s);

// Carries the verdicts since the last call over to the worker's counters.
void publish_verdicts(struct worker *w);

// What take_burst may leave out with the filters that are in force; after each change of them.
void choose_way(struct worker *w);
