// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// The outermost IP header and its extension headers: addresses, protocol, fragment.
#pragma once

#include <linux/in.h>
#include <linux/in6.h>

#include "bpf/xdp_packet.h"

static __always_inline void set_ipv4(__u8 *to, const __u8 *from)
{
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, from, 4);
}

// Octets of the extension header `protocol` at `p`, of which 8 are readable. 0: it is no extension header.
static __always_inline __u32 extension_size(__u8 protocol, const __u8 *p, int ipv6)
{
#define EXTENSION(number, ipv4) \
	case number: \
		return !ipv6 && !ipv4 ? 0 : number == ENCAP_AH ? (p[1] + 2) * 4u : (p[1] + 1) * 8u;
	switch (protocol) {
		ENCAP_EXTENSIONS(EXTENSION)
	case IPPROTO_FRAGMENT:
		return ipv6 ? 8 : 0;
	}
#undef EXTENSION
	return 0;
}

#define FRAGMENT_KIND(offset) ((offset)&0xfff9 ? (offset)&0xfff8 ? LATER_FRAGMENT : FIRST_FRAGMENT : WHOLE)

// Steps over one extension header, as xdp_step_link; the upper half of a place is the IP protocol.
__noinline __u32 xdp_step_extension(struct xdp_md *ctx, __u32 place, __u32 ipv6)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 at = PLACE_AT(place);
	const __u8 *p = data + at;

	if ((const void *)p + 8 > end)
		return place;
	__u32 size = extension_size(PLACE_TYPE(place), p, ipv6);
	return size == 0 || at + size > PLACE_AT_MAX ? place : PLACE(p[0], at + size);
}

static __always_inline void read_fragment(struct view *v, __u32 at)
{
	const __u8 *p = v->start + at;

	if ((void *)p + 8 > v->end)
		return;
	v->key.id = load16(p + 4) << 16 | load16(p + 6);
	v->key.protocol = p[0]; // the same in all fragments, whatever follows in the first one
	v->fragment = FRAGMENT_KIND(load16(p + 2));
}

// Steps over the headers between IP and the transport (RFC 8200 §4.1, RFC 4302). Returns 1 if there are more than
// EXTENSIONS_MAX.
static __always_inline int read_extensions(struct xdp_md *ctx, struct view *v, __u32 at, int ipv6)
{
	__u32 place = PLACE(v->protocol, at), next = place;

	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		next = xdp_step_extension(ctx, place, ipv6);
		if (next == place)
			break;
		if (ipv6 && PLACE_TYPE(place) == IPPROTO_FRAGMENT)
			read_fragment(v, PLACE_AT(place));
		place = next;
		if (v->fragment == LATER_FRAGMENT)
			break;
	}
	v->protocol = PLACE_TYPE(place);
	v->at = v->start + PLACE_AT(place);
	return v->fragment != LATER_FRAGMENT && xdp_step_extension(ctx, place, ipv6) != place;
}

// Returns 0; 1 if there are more headers than the program follows; -1 if it is no IP header.
static __always_inline int read_ipv4(struct xdp_md *ctx, struct view *v, __u32 at)
{
	const __u8 *ip = v->at;

	if (v->at + 20 > v->end || ip[0] >> 4 != 4)
		return -1;
	__u32 size = (ip[0] & 15) * 4, offset = load16(ip + 6);
	if (size < 20)
		return -1;
	set_ipv4(v->key.src, ip + 12);
	set_ipv4(v->key.dst, ip + 16);
	v->key.id = load16(ip + 4);
	v->protocol = ip[9];
	v->key.protocol = ip[9];
	if (offset & 0x3fff)
		v->fragment = offset & 0x1fff ? LATER_FRAGMENT : FIRST_FRAGMENT;
	return read_extensions(ctx, v, at + size, 0);
}

static __always_inline int read_ipv6(struct xdp_md *ctx, struct view *v, __u32 at)
{
	const __u8 *ip = v->at;

	if (v->at + 40 > v->end || ip[0] >> 4 != 6)
		return -1;
	__builtin_memcpy(v->key.src, ip + 8, 16);
	__builtin_memcpy(v->key.dst, ip + 24, 16);
	v->protocol = ip[6];
	return read_extensions(ctx, v, at + 40, 1);
}
