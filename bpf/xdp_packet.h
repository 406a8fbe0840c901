// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// What the XDP program knows about the current packet. Every access to the packet follows a comparison with its end; the
// kernel's verifier requires it.
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/shared.h"

// Extension headers: as many as RFC 8200 §4.1 allows in a packet. Tags: more than any network uses.
enum { TAGS_MAX = 8, EXTENSIONS_MAX = 10, PLACE_AT_MAX = 0xfff };

// What was found in the packet so far.
struct view {
	void *start;		       // of the packet
	void *at;		       // next header
	void *end;		       // of the packet
	struct xdp_steer_datagram key; // addresses, and the identification of a fragment
	__u16 type;		       // EtherType, host order
	__u8 protocol;		       // IP protocol of what is at `at`
	__u8 fragment;		       // enum fragment
	__u8 ways;		       // enum way, by its ports
};

enum way { ANSWER = 1, QUERY = 2 };
enum fragment { WHOLE, FIRST_FRAGMENT, LATER_FRAGMENT };

static __always_inline __u16 load16(const void *p)
{
	const __u8 *b = p;

	return (__u16)(b[0] << 8 | b[1]);
}

// A place in the packet: EtherType or IP protocol in the upper half, offset of its header in the lower half.
#define PLACE(type, at) ((__u32)(type) << 16 | (at))
#define PLACE_TYPE(place) ((__u16)((place) >> 16))
#define PLACE_AT(place) ((place)&PLACE_AT_MAX)
