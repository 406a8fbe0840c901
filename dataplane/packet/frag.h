// SPDX-License-Identifier: BSD-3-Clause
// IP fragments → datagrams (RFC 791 §3.2, RFC 8200 §4.5), by DPDK's librte_ip_frag: a bounded table with a time-out. Time is
// that of the packets, so that a replayed capture expires as it did live. One table per worker.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"

struct rte_mbuf;
struct pkt_frag;

// Keeps fragments of at most `datagrams` at a time, each for `timeout_ms`. NULL if out of memory.
struct pkt_frag *pkt_frag_new(uint32_t datagrams, uint32_t timeout_ms, const struct hash_key *key,
	struct worker_stats *stats);
void pkt_frag_free(struct pkt_frag *f);

// Takes a fragment (verdict PKT_FRAGMENT) and the ownership of `m`. The datagram of `pkt` begins `at` octets after the start
// of `m`. Returns the datagram that the fragment completes, which begins at its IP header and belongs to the caller, or NULL.
struct rte_mbuf *pkt_frag_add(struct pkt_frag *f, struct rte_mbuf *m, uint32_t at, const struct pkt *pkt,
	uint64_t now_ms);

// Drops datagrams that have timed out, a few per call. True if there may be more. For the housekeeping of the loop.
bool pkt_frag_expire(struct pkt_frag *f, uint64_t now_ms);
