// SPDX-License-Identifier: BSD-3-Clause
// The ordinary packet of a tap, inlined into the loop: Ethernet, at most one VLAN tag, IPv4 without options or IPv6 without
// extension headers, no fragment, UDP with a DNS port. pkt_decap handles all others, and must give the same result for
// these.
#pragma once

#include "dataplane/common/cursor.h"
#include "dataplane/base/hash.h"
#include "dataplane/packet/packet.h"

// A word of eight octets in the order of the packet.
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PKT_WORD(a, b, c, d, e, f, g, h) \
	((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 | (uint64_t)(e) << 32 | \
		(uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
#else
#define PKT_WORD(a, b, c, d, e, f, g, h) \
	((uint64_t)(h) | (uint64_t)(g) << 8 | (uint64_t)(f) << 16 | (uint64_t)(e) << 24 | (uint64_t)(d) << 32 | \
		(uint64_t)(c) << 40 | (uint64_t)(b) << 48 | (uint64_t)(a) << 56)
#endif

// Returns true if the frame is such a packet: fills `out`, except the tcp_ fields, and adds its tag to `*vlans`.
// Returns false and counts nothing if it is not.
static inline __attribute__((always_inline)) bool pkt_fast(struct pkt *out, const uint8_t *frame, size_t size,
	const struct dns_ports *ports, uint64_t *vlans)
{
	const uint8_t *type = frame + 12, *l4;
	size_t left, tagged = 0; // left: octets from the IP header on; tagged: 1 with a VLAN tag

	if (__builtin_expect(size < 14 + 4 + 28, 0))
		return false;
	if (cursor_load16(type) == 0x8100) {
		type += 4;
		tagged = 1;
	}
	left = (size_t)(frame + size - type) - 2;
	// EtherType, the first octets of the IP header; fragment fields and protocol of IPv4, next header of IPv6
	uint64_t first = hash_load64(type), second = hash_load64(type + 8);
	if (__builtin_expect(
		    (first & PKT_WORD(0xff, 0xff, 0xff, 0, 0, 0, 0, 0)) == PKT_WORD(0x08, 0x00, 0x45, 0, 0, 0, 0, 0) &&
			    (second & PKT_WORD(0x3f, 0xff, 0, 0xff, 0, 0, 0, 0)) == PKT_WORD(0, 0, 0, 17, 0, 0, 0, 0),
		    1)) {
		size_t total = cursor_load16(type + 4);
		if (total < 28 || total > left)
			return false;
		out->ip = type + 2;
		out->ip_end = out->ip + total;
		out->src = type + 14;
		out->dst = type + 18;
		out->ip_version = 4;
		l4 = type + 22;
	} else if ((first & PKT_WORD(0xff, 0xff, 0xf0, 0, 0, 0, 0, 0)) == PKT_WORD(0x86, 0xdd, 0x60, 0, 0, 0, 0, 0) &&
		   (second & PKT_WORD(0xff, 0, 0, 0, 0, 0, 0, 0)) == PKT_WORD(17, 0, 0, 0, 0, 0, 0, 0)) {
		size_t length = cursor_load16(type + 6);
		if (length < 8 || left < 48 || length > left - 40)
			return false;
		out->ip = type + 2;
		out->ip_end = out->ip + 40 + length;
		out->src = type + 10;
		out->dst = type + 26;
		out->ip_version = 6;
		l4 = type + 42;
	} else {
		return false;
	}
	size_t udp = cursor_load16(l4 + 4);
	out->src_port = cursor_load16(l4);
	out->dst_port = cursor_load16(l4 + 2);
	if (__builtin_expect(udp < 8 || udp > (size_t)(out->ip_end - l4), 0) ||
		!(dns_ports_has(ports, out->src_port) || dns_ports_has(ports, out->dst_port)))
		return false;
	out->payload = l4 + 8;
	out->payload_size = (uint32_t)udp - 8;
	*vlans += tagged;
	return true;
}
