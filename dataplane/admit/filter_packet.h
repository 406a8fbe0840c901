// SPDX-License-Identifier: BSD-3-Clause
// A pcap-filter(7) expression on packets: libpcap compiles it (filter_code.h), DPDK translates that to eBPF and machine code.
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
	struct rte_bpf *bpf[LINK_KIND_MAX]; // NULL: the expression makes no sense on that link, and takes nothing
};

// NULL with one line in `why`. Main thread.
struct filter_packet *filter_packet_new(const struct filter_code *code, char *why, size_t why_size);
void filter_packet_free(struct filter_packet *filter);

// True if the frame matches as it comes, or if the expression is not for whole frames. Any thread.
bool filter_packet_takes_frame(const struct filter_packet *filter, enum link_kind link, struct rte_mbuf *m);

// True if the innermost IP packet matches, after the addresses of the outermost Ethernet header (12 octets; NULL: there are
// none, and zeros are compared). Always true if the expression is for whole frames. Any thread.
bool filter_packet_takes_ip(const struct filter_packet *filter, const uint8_t *ip, const uint8_t *ip_end,
	const uint8_t *addresses);
