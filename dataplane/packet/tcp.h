// SPDX-License-Identifier: BSD-3-Clause
// DNS over TCP (RFC 7766): length-prefixed messages from segments in any order.
//
// A bounded table of flows, one per direction of a connection. One table per worker. Octets are kept only while a message
// is incomplete or a gap is open; a message that is whole in one in-order segment is passed on without a copy. No DPDK, no
// allocation after pkt_tcp_new.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"

struct pkt_tcp;

struct pkt_tcp_options {
	uint32_t flows;	     // most directions followed; a new one evicts the least recently used one
	uint64_t held_bytes; // most octets held, over all flows
	uint32_t timeout_s;  // a direction without a packet for that long is evicted
	bool touch;	     // touch all memory at the start, so that no packet waits for a page
};

// NULL if out of memory. `stats` must outlive the table.
struct pkt_tcp *pkt_tcp_new(const struct pkt_tcp_options *options, const struct hash_key *key,
	struct worker_stats *stats);
void pkt_tcp_free(struct pkt_tcp *t);

// Takes one segment (verdict PKT_TCP) that arrived at `packet_s`, and calls `message` for every DNS message that it
// completes, in stream order. `now_s`: the clock of time-outs, the same as in pkt_tcp_expire.
void pkt_tcp_segment(struct pkt_tcp *t, const struct pkt *pkt, uint32_t packet_s, uint32_t now_s,
	pkt_tcp_message *message, void *context);

// Evicts flows that have timed out, a few per call, after it passed on the messages after their gaps. True if there may be
// more. For the housekeeping of the loop.
bool pkt_tcp_expire(struct pkt_tcp *t, uint32_t now_s, pkt_tcp_message *message, void *context);

// Passes on the messages after all gaps. Call it when no segment will come any more; its time is not bounded.
void pkt_tcp_drain(struct pkt_tcp *t, pkt_tcp_message *message, void *context);
