// SPDX-License-Identifier: BSD-3-Clause
// A tcpdump expression on packets: libpcap compiles it (filter_code.h), DPDK makes eBPF and machine code of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/packet/packet.h"
#include "dataplane/admit/filter_code.h"

struct rte_mbuf;

struct pkt_filter {
	enum pkt_filter_scope scope;
	uint64_t (*run[LINK_KIND_MAX])(void *mbuf); // machine code; NULL: the interpreter
	struct rte_bpf *bpf[LINK_KIND_MAX];	    // NULL: the expression does not fit that link; takes nothing
};

// NULL with one line in `why`. Main thread.
struct pkt_filter *pkt_filter_new(const struct pkt_filter_code *code, char *why, size_t why_size);
void pkt_filter_free(struct pkt_filter *filter);

// True where the frame matches as it comes; where that is what the expression is for. Any thread.
bool pkt_filter_takes_frame(const struct pkt_filter *filter, enum link_kind link, struct rte_mbuf *m);

// True where the innermost IP packet matches, behind the addresses of the outermost Ethernet header (12 octets, NULL: it has
// none, which counts as zeros). Always where the expression is for the frame as it comes. Any thread.
bool pkt_filter_takes_packet(const struct pkt_filter *filter, const uint8_t *ip, const uint8_t *ip_end,
	const uint8_t *addresses);
