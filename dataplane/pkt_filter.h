// SPDX-License-Identifier: BSD-3-Clause
// A tcpdump expression on packets: libpcap compiles it, DPDK makes eBPF and machine code of it.
// It sees the frame as it comes, before any header is taken off, once for each kind of link.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/pkt.h"

struct rte_mbuf;

struct pkt_filter {
	uint64_t (*run[PKT_LINK_MAX])(void *mbuf); // machine code; NULL: the interpreter
	struct rte_bpf *bpf[PKT_LINK_MAX];	    // NULL: the expression does not fit that link; takes nothing
};

// NULL with one line in `why` where the expression is none for Ethernet. Main thread.
struct pkt_filter *pkt_filter_new(const char *expression, char *why, size_t why_size);
void pkt_filter_free(struct pkt_filter *filter);

// True where the packet matches. Any thread.
bool pkt_filter_takes(const struct pkt_filter *filter, enum pkt_link link, struct rte_mbuf *m);
