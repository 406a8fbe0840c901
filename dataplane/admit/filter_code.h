// SPDX-License-Identifier: BSD-3-Clause
// A pcap-filter(7) expression, compiled by libpcap, and what it is applied to. No DPDK. Any thread.
//
//     words of the expression          applied to
//     addresses, ports, protocols      the innermost IP packet, whatever headers and tunnels are around it
//     ether, broadcast, … too          the same, after the addresses of the outermost Ethernet header
//     vlan, mpls, ether[…], …          the frame as it comes, as tcpdump does
#pragma once

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>

#include "dataplane/packet/packet.h"

enum filter_scope { FILTER_IP, FILTER_ETHERNET, FILTER_FRAME };

enum {
	FILTER_TEXT_MAX = 65536,     // octets of an expression; the optimizer's time grows with the square of it
	FILTER_LINK_TEXT_MAX = 8192, // the same with words of link headers, which take it 25 times as long
	FILTER_LEN_MAX = 4096	     // instructions that DPDK translates (BPF_MAXINSNS)
};

struct filter_code {
	enum filter_scope scope;
	struct bpf_program
		program[LINK_KIND_MAX]; // IP: of LINK_KIND_RAW_IP alone; Ethernet: of LINK_KIND_ETHERNET alone
};

// False with one line in `why` if the expression is wrong or too long; `*code` is then empty. What `*code` held before is not
// freed.
bool filter_code_compile(struct filter_code *code, const char *expression, char *why, size_t why_size);
void filter_code_free(struct filter_code *code);
