// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/cut.h"

#include "dataplane/common/cursor.h"

enum { IPV6_HEADER_SIZE = 40 };

// Whether the innermost datagram is longer than the captured part.
static bool is_cut(const struct pkt *pkt)
{
	size_t there = (size_t)(pkt->ip_end - pkt->ip);
	size_t length = cursor_load16(pkt->ip + (pkt->ip_version == 4 ? 2 : 4));

	// without a length it is a segment that the card had yet to cut up
	return length == 0 || length + (pkt->ip_version == 4 ? 0 : IPV6_HEADER_SIZE) > there;
}

bool pkt_cut_recount(const struct pkt *pkt, enum pkt_verdict verdict, uint64_t short_before, uint64_t *reason,
	struct worker_stats *stats)
{
	if (verdict == PKT_DROP && stats_get(&stats->pkt_short) > short_before)
		stats_recount(&stats->pkt_short, reason);
	if ((verdict != PKT_UDP && verdict != PKT_TCP) || !is_cut(pkt))
		return false;
	stats_recount(verdict == PKT_UDP ? &stats->pkt_udp : &stats->pkt_tcp, reason);
	return true;
}
