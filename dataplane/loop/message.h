// SPDX-License-Identifier: BSD-3-Clause
// The slow path of a DNS message, which takes any message: dns_parse → admit_message (which records are believed) → record by
// record into the table. The fast path is answer.h; both lead to the same records. The worker's own thread.
#pragma once

#include <rte_branch_prediction.h>

#include "dataplane/loop/worker_state.h"

// Chooses the fast or the slow path; call after every change of the filters.
void message_choose_path(struct worker *w);

// The sections and types to take.
static inline const struct admit_options *message_options(const struct worker *w)
{
	return w->filters ? &w->filters->admit : &w->options.admit;
}

// False if a filter excludes the server of the message at `wire`, which is then counted.
static inline bool message_takes_server(struct worker *w, const struct pkt *pkt, const uint8_t *wire, size_t size)
{
	if (likely(!(w->filters && w->filters->servers)) ||
		filter_set_takes_server(w->filters, pkt, size > 2 && wire[2] & DNS_FLAG_QR >> 8))
		return true;
	stats_add(&w->stats.dns_server_skipped, 1);
	return false;
}

// False if the response is to be left out because no query of it was seen (match = require), which is then counted.
bool message_match_response(struct worker *w, const struct admit_match_key *key, enum dns_verdict verdict);

// Takes a message of `size` octets. `key` is read with matching on only; NULL: the source has matched the message. `now_s`: when its
// packet came, seconds since 1970.
void message_take(struct worker *w, const uint8_t *wire, size_t size, const struct admit_match_key *key,
	uint32_t now_s);

// Takes a message out of a TCP stream; `worker` is a struct worker. A pkt_tcp_message (packet/packet.h).
void message_take_stream(void *worker, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s);

// Adds the verdicts since the last call to the worker's counters; once a burst.
void message_publish_verdicts(struct worker *w);
