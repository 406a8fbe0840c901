// SPDX-License-Identifier: BSD-3-Clause
// What waits with a time-out: fragments, TCP streams, queries, flooded zones. Time-outs run in the time of the packets: live
// that is the wall clock, with captures the time of the capture.
#pragma once

#include "dataplane/loop/worker_state.h"

// Live: the time of packets is that of the last reading of the clock.
static inline void timeouts_set_clock(struct worker *w)
{
	w->packet_us = w->clock_us = w->wall_us;
	w->clock_s = (uint32_t)(w->wall_us / 1000000);
}

// Live: gives up some of what has waited too long. For the housekeeping.
void timeouts_expire(struct worker *w);

// Captures: gives up all of it, before the first packet of each second. What is given up depends on the packets alone.
void timeouts_begin_second(struct worker *w);
