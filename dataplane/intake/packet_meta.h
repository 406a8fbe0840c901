// SPDX-License-Identifier: BSD-3-Clause
// Metadata of a packet in its mbuf. net_pcap sets the time of capture (microseconds since 1970); a replay also sets the time for
// time-outs, the kind of the link header, and whether the packet was truncated at capture.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/base/link_kind.h"
#include "dataplane/capture/capture.h"

enum { PACKET_SIZE_MAX = CAPTURE_PACKET_MAX }; // octets of the largest packet, in one or more segments

extern int packet_time_offset;	  // of the time in an mbuf
extern uint64_t packet_time_flag; // in ol_flags: the time is set
extern int packet_clock_offset;	  // of the time for time-outs

// Registers fields and flag. Call it after rte_eal_init. Returns 0 or -errno.
int packet_meta_init(void);

enum { PACKET_LINK_MASK = 0xff, PACKET_SNAPPED = 0x100 }; // in the mbuf's hash.usr

static inline void packet_meta_set(struct rte_mbuf *m, uint64_t us, uint64_t clock_us, enum link_kind link,
	bool is_snapped)
{
	*RTE_MBUF_DYNFIELD(m, packet_clock_offset, uint64_t *) = clock_us;
	*RTE_MBUF_DYNFIELD(m, packet_time_offset, rte_mbuf_timestamp_t *) = us;
	m->ol_flags |= packet_time_flag;
	m->hash.usr = (uint32_t)link | (is_snapped ? PACKET_SNAPPED : 0);
}

// The packet's time, or `otherwise` if it has none.
static inline uint64_t packet_time_us(const struct rte_mbuf *m, uint64_t otherwise)
{
	if (!(m->ol_flags & packet_time_flag))
		return otherwise;
	return *RTE_MBUF_DYNFIELD(m, packet_time_offset, const rte_mbuf_timestamp_t *);
}

// Whether a packet of this time can be stored: a clock that was never set gives none.
static inline bool packet_time_is_valid(uint64_t us)
{
	return capture_has_time(us);
}

// Time for time-outs, which never goes back. Only for packets of packet_meta_set.
static inline uint64_t packet_clock_us(const struct rte_mbuf *m)
{
	return *RTE_MBUF_DYNFIELD(m, packet_clock_offset, const uint64_t *);
}

// How the frame begins. Only for packets of packet_meta_set.
static inline enum link_kind packet_link(const struct rte_mbuf *m)
{
	return (enum link_kind)(m->hash.usr & PACKET_LINK_MASK);
}

// Whether it was longer on the wire. Only for packets of packet_meta_set.
static inline bool packet_is_snapped(const struct rte_mbuf *m)
{
	return (m->hash.usr & PACKET_SNAPPED) != 0;
}
