// SPDX-License-Identifier: BSD-3-Clause
// The long way of a message: dns_parse, admit_message, then record by record into the table. Called by the worker's own
// thread alone.
#pragma once

#include <rte_branch_prediction.h>

#include "dataplane/loop/worker.h"

static inline const struct admit_options *options_of(const struct worker *w)
{
	return w->filters ? &w->filters->admit : &w->options.admit;
}

static inline bool takes_server(struct worker *w, const struct pkt *pkt, const uint8_t *wire, size_t size)
{
	if (likely(!(w->filters && w->filters->servers)) ||
		filter_set_takes_server(w->filters, pkt, size > 2 && wire[2] & DNS_FLAG_QR >> 8))
		return true;
	stats_add(&w->stats.dns_server_skipped, 1);
	return false;
}

// Whether the response's query was seen, as far as the settings ask. Counts what it refuses.
bool match_response(struct worker *w, const struct admit_match_key *key, enum dns_verdict verdict);

// Any message; `key` matters with matching on alone.
void take_message(struct worker *w, const uint8_t *wire, size_t size, const struct admit_match_key *key,
	uint32_t now_s);
