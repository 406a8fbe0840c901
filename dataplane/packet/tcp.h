// SPDX-License-Identifier: BSD-3-Clause
// DNS over TCP (RFC 7766): length-prefixed messages out of segments in whatever order they come.
//
// A bounded table of flows, one for each direction of a connection, lives in one worker. Octets
// are kept only while a message is incomplete or a gap is open; a message that lies whole in one
// in-order segment is handed over without a copy. No DPDK, no allocation after pkt_tcp_new.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"

struct pkt_tcp;

struct pkt_tcp_options {
	uint32_t flows;	     // directions followed at most; the least recently used one is given up
	uint64_t held_bytes; // octets held at most, over all flows
	uint32_t timeout_s;  // a direction without a packet for that long is given up
	bool touch;	     // all memory at the start, so that no packet waits for a page
};

// NULL when out of memory.
struct pkt_tcp *pkt_tcp_new(const struct pkt_tcp_options *options, const struct hash_key *key,
	struct worker_stats *stats);
void pkt_tcp_free(struct pkt_tcp *t);

// Takes one segment (verdict PKT_TCP) that arrived at `packet_s` and calls `message` for every DNS
// message that it completes, in stream order. `now_s`: the time of time-outs, as of pkt_tcp_expire.
void pkt_tcp_segment(struct pkt_tcp *t, const struct pkt *pkt, uint32_t packet_s, uint32_t now_s,
	pkt_tcp_message *message, void *context);

// Gives up idle flows, a few at each call, having handed over the messages that stand behind their
// gaps; for the housekeeping of the loop. True if there may be more of them.
bool pkt_tcp_expire(struct pkt_tcp *t, uint32_t now_s, pkt_tcp_message *message, void *context);

// Hands over the messages behind all gaps: no segment will come any more. Takes as long as it takes.
void pkt_tcp_drain(struct pkt_tcp *t, pkt_tcp_message *message, void *context);
