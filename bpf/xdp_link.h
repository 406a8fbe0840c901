// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// From the link header to the EtherType of IP or of a tunnel: tags and bridges are stepped over. The same headers as in
// dataplane/packet/decap_link.c and decap_bridge.c; their numbers and sizes are in encapsulations.h.
#pragma once

#include "bpf/xdp_packet.h"

#define BEYOND (1ull << 32) // no place: more headers than the program follows

// Octets from EtherType `type`, whose header begins at `p`, to the next EtherType. 0: no such header; -1: cut off.
static __always_inline int tag_size(__u16 type, const __u8 *p, const void *end)
{
#define TAG(number, octets, counter) \
	case number: \
		return octets;
	switch (type) {
		ENCAP_TAGS(TAG)
	case ENCAP_TRILL: // options, then Ethernet
		return (const void *)p + 2 > end ? -1 : 6 + (load16(p) >> 6 & 31) * 4 + 12;
	case ENCAP_MACSEC:
		if ((const void *)p + 1 > end)
			return -1;
		return p[0] & ENCAP_MACSEC_ENCRYPTED ? 0 : p[0] & ENCAP_MACSEC_SCI ? 14 : 6;
	}
#undef TAG
	return 0;
}

// RFC 8300: octets to the next header. `*type`: its EtherType, or 0 if it is Ethernet. Returns 0 if unknown.
static __always_inline int nsh_size(__u16 *type, const __u8 *p, const void *end)
{
	if ((const void *)p + 8 > end || p[0] >> 6 != 0 || (p[1] & 63) < 2)
		return 0;
	switch (p[3]) {
	case ENCAP_NSH_IPV4:
		*type = ENCAP_IPV4;
		break;
	case ENCAP_NSH_IPV6:
		*type = ENCAP_IPV6;
		break;
	case ENCAP_NSH_ETHERNET:
		*type = 0;
		break;
	case ENCAP_NSH_NSH:
		*type = ENCAP_NSH;
		break;
	case ENCAP_NSH_MPLS:
		*type = 0x8847;
		break;
	default:
		return 0;
	}
	return (p[1] & 63) * 4;
}

// IEEE 802.2 with SNAP, or with IP directly. As nsh_size. The host accepts IP from neither.
static __always_inline int llc_size(__u16 *type, const __u8 *p, const void *end)
{
	if ((const void *)p + 8 > end)
		return 0;
	if (load16(p) == 0x0606 && p[2] == 3) {
		*type = p[3] >> 4 == 6 ? ENCAP_IPV6 : ENCAP_IPV4;
		return 3;
	}
	if (load16(p) != 0xaaaa || p[2] != 3)
		return 0;
	__u32 oui = p[3] << 16 | load16(p + 4), protocol = load16(p + 6);
	if (oui == 0x0080c2 && (protocol == 1 || protocol == 7)) {
		*type = 0;
		return 8;
	}
	*type = protocol;
	return (oui == 0 || oui == 0x0000f8) && protocol > ENCAP_802_3_MAX ? 8 : 0;
}

// Steps over one header. Returns the same place if it is no header to step over, 0 if it is cut off. Global and not inlined:
// the verifier checks it once, by itself, so its paths do not multiply with those of the callers.
__noinline __u32 xdp_step_link(struct xdp_md *ctx, __u32 place)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u16 type = PLACE_TYPE(place), next = 0;
	__u32 at = PLACE_AT(place);
	const __u8 *p = data + at;
	int size;

	if (type <= ENCAP_802_3_MAX || type == ENCAP_JUMBO_LLC)
		size = llc_size(&next, p, end);
	else if (type == ENCAP_NSH)
		size = nsh_size(&next, p, end);
	else if (type == ENCAP_TEB)
		size = 14;
	else if ((size = tag_size(type, p, end)) > 0)
		size += 2;
	if (size <= 0)
		return size < 0 ? 0 : place;
	at += size;
	if (next == 0) { // it is the EtherType before what follows
		if (type == ENCAP_NSH || type <= ENCAP_802_3_MAX || type == ENCAP_JUMBO_LLC)
			at += 14;
		p = data + ((at - 2) & PLACE_AT_MAX);
		if ((const void *)p + 2 > end)
			return 0;
		next = load16(p);
	}
	return at > PLACE_AT_MAX ? 0 : PLACE(next, at);
}

// Steps over link header, tags and bridges. Returns a place; BEYOND if there are more headers than TAGS_MAX; 0 if cut off.
static __always_inline __u64 find_ip(struct xdp_md *ctx)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 14 > end)
		return 0;
	__u32 place = PLACE(load16(data + 12), 14);
	for (int i = 0; i < TAGS_MAX; i++) {
		__u32 next = xdp_step_link(ctx, place);
		if (next == 0 || next == place)
			return next;
		place = next;
	}
	return xdp_step_link(ctx, place) == place ? place : BEYOND;
}
