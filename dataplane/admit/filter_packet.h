// SPDX-License-Identifier: BSD-3-Clause
// A tcpdump expression on packets: libpcap compiles it (filter_code.h), DPDK makes eBPF and machine code of it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/packet/packet.h"
#include "dataplane/admit/filter_code.h"

struct rte_mbuf;

struct filter_packet {
	enum filter_scope scope;
	uint64_t (*run[LINK_KIND_MAX])(void *mbuf); // machine code; NULL: the interpreter
	struct rte_bpf *bpf[LINK_KIND_MAX];	    // NULL: the expression does not fit that link; takes nothing
};

// NULL with one line in `why`. Main thread.
struct filter_packet *filter_packet_new(const struct filter_code *code, char *why, size_t why_size);
void filter_packet_free(struct filter_packet *filter);

// True where the frame matches as it comes; where that is what the expression is for. Any thread.
bool filter_packet_takes_frame(const struct filter_packet *filter, enum link_kind link, struct rte_mbuf *m);

// True where the innermost IP packet matches, behind the addresses of the outermost Ethernet header (12 octets, NULL: it has
// none, which counts as zeros). Always where the expression is for the frame as it comes. Any thread.
bool filter_packet_takes_ip(const struct filter_packet *filter, const uint8_t *ip, const uint8_t *ip_end,
	const uint8_t *addresses);
