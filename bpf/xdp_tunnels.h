// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// Kinds of tunnels by number (encapsulations.h): bits of enum xdp_steer_tunnel, 0 for any other number.
//
// Each function is global and not inlined, so that the verifier checks it once, by itself: a comparison per number of the list.
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/shared.h"

__noinline __u32 xdp_tunnel_of_port(__u32 port)
{
#define PORT(number, layer, kind) \
	case number: \
		return XDP_TUNNEL_##kind;
	switch (port) {
		ENCAP_UDP_PORTS(PORT)
	}
#undef PORT
	return 0;
}

__noinline __u32 xdp_tunnel_of_protocol(__u32 protocol)
{
#define PROTOCOL(number, layer, kind) \
	case number: \
		return XDP_TUNNEL_##kind;
	switch (protocol) {
		ENCAP_PROTOCOLS(PROTOCOL)
	}
#undef PROTOCOL
	return 0;
}

__noinline __u32 xdp_tunnel_of_ethertype(__u32 type)
{
#define TYPE(number, layer, kind) \
	case number: \
		return XDP_TUNNEL_##kind;
	switch (type) {
		ENCAP_ETHERTYPES(TYPE)
	}
#undef TYPE
	return 0;
}
