// SPDX-License-Identifier: BSD-3-Clause
// What waits with a time-out, in the time of the packets.
#include "dataplane/loop/burst.h"
#include "dataplane/loop/worker.h"

void worker_expire(struct worker *w)
{
	pkt_frag_expire(w->frag, w->clock_us / 1000);
	pkt_tcp_expire(w->tcp, w->clock_s, take_stream_message, w);
	publish_verdicts(w);
	if (w->collapse)
		collapse_expire(w->collapse, (uint32_t)(w->packet_us / 1000000));
	if (w->match)
		admit_match_expire(w->match, w->clock_s);
}

void worker_begin_second(struct worker *w)
{
	while (pkt_frag_expire(w->frag, w->clock_us / 1000))
		;
	while (pkt_tcp_expire(w->tcp, w->clock_s, take_stream_message, w))
		;
	publish_verdicts(w);
	table_settle(w->table); // what came before must not depend on when the pipeline moves
	if (w->collapse)
		collapse_expire_all(w->collapse, (uint32_t)(w->packet_us / 1000000));
	if (w->match)
		admit_match_expire(w->match, w->clock_s);
}
