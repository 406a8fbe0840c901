// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/worker_setup.h"

#include <rte_common.h>

#include "dataplane/base/memory.h"
#include "dataplane/intake/packet_meta.h"

static void wait_for_frame(void *flush)
{
	struct worker *w = container_of(flush, struct worker, flush);

	flush_wait(&w->flush);
	poll_gap_slept(&w->gap);
}

int worker_set_up(struct worker *w)
{
	const struct worker_options *o = &w->options;
	const struct table_options table = {.records = o->table_records,
		.huge_pages = w->huge_pages,
		.sink = flush_record,
		.sink_context = &w->flush,
		.wait = w->replays ? wait_for_frame : NULL};
	const struct collapse_options collapse = {.names = o->flood_names,
		.interval_s = o->flood_interval_s,
		// for a capture, once per flood interval: nobody waits for it, and it must not depend on flush.interval
		.report_s = w->replays		      ? UINT32_MAX
			    : o->flush_interval_s < 1 ? 1
						      : (uint32_t)o->flush_interval_s,
		.key = &w->key,
		.notices = &w->flood_notices};
	const struct pkt_tcp_options tcp = {.flows = o->tcp_flows,
		.held_bytes = o->tcp_memory,
		.timeout_s = o->tcp_timeout_s,
		.touch = w->sources_len > 0 && !w->sources[0].packet_time}; // a capture can wait for a page

	if (w->seed != 0)
		hash_key_from(&w->key, w->seed);
	else if (hash_key_random(&w->key) != 0)
		return -1;
	w->message = dns_message_new(&w->key);
	w->admit = admit_new();
	// in DPDK's memory, which the huge pages of tables must leave room for
	w->frag = pkt_frag_new(o->frag_datagrams, o->frag_timeout_ms, &w->key, &w->stats);
	w->table = table_new(&table, &w->stats);
	if (w->table && o->flood_names > 0)
		w->collapse = collapse_new(&collapse, w->table, &w->stats);
	if (o->answers_memory > 0)
		w->recall.answers = answers_new(o->answers_memory, w->huge_pages, &w->key);
	w->tcp = pkt_tcp_new(&tcp, &w->key, &w->stats);
	w->copies = copies_new(o->dedup_ms * 1000, &w->key, &w->stats);
	w->linear = memory_new(PACKET_SIZE_MAX);
	w->rdata = memory_new(DNS_RDATA_SIZE);
	if (o->match != ADMIT_MATCH_OFF)
		w->match = admit_match_new(o->match_size, o->match_timeout_s, w->huge_pages, &w->key, &w->stats);
	return w->message && w->admit && w->table && w->tcp && w->frag && w->copies && w->linear && w->rdata &&
			       (w->match || o->match == ADMIT_MATCH_OFF) &&
			       (w->recall.answers || o->answers_memory == 0) && (w->collapse || o->flood_names == 0)
		       ? 0
		       : -1;
}

void worker_tear_down(struct worker *w)
{
	dns_message_free(w->message);
	admit_free(w->admit);
	admit_match_free(w->match);
	collapse_free(w->collapse);
	table_free(w->table);
	answers_free(w->recall.answers);
	pkt_tcp_free(w->tcp);
	pkt_frag_free(w->frag);
	copies_free(w->copies);
	memory_delete(w->linear);
	memory_delete(w->rdata);
}
