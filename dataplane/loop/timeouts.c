// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/timeouts.h"

#include "dataplane/loop/message.h"

void timeouts_expire(struct worker *w)
{
	pkt_frag_expire(w->frag, w->clock_us / 1000);
	pkt_tcp_expire(w->tcp, w->clock_s, message_take_stream, w);
	message_publish_verdicts(w);
	if (w->collapse)
		collapse_expire(w->collapse, (uint32_t)(w->packet_us / 1000000));
	if (w->match)
		admit_match_expire(w->match, w->clock_s);
}

void timeouts_begin_second(struct worker *w)
{
	while (pkt_frag_expire(w->frag, w->clock_us / 1000))
		;
	while (pkt_tcp_expire(w->tcp, w->clock_s, message_take_stream, w))
		;
	message_publish_verdicts(w);
	table_settle(w->table); // what came before must not depend on when the pipeline moves
	if (w->collapse)
		collapse_expire_all(w->collapse, (uint32_t)(w->packet_us / 1000000));
	if (w->match)
		admit_match_expire(w->match, w->clock_s);
}
