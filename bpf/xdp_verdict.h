// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// What becomes of an IP packet: by its tunnel, fragment or ports, then by the prefixes, then by the sample.
#pragma once

#include <linux/in.h>

#include "bpf/xdp_maps.h"
#include "bpf/xdp_packet.h"
#include "bpf/xdp_tunnels.h"

static __always_inline int is_dns_port(__u16 port)
{
	__u32 zero = 0;
	const struct xdp_steer_ports *ports = bpf_map_lookup_elem(&steer_ports, &zero);

	return ports && ports->bit[port >> 6] >> (port & 63) & 1;
}

// Counts a TCP SYN or a QUIC Initial packet of the client: one per connection.
static __always_inline void count_encrypted(const struct view *v, const struct xdp_steer_config *config, const __u8 *l4,
	__u16 dst_port)
{
	struct xdp_steer_prefix key = {.bits = 128};
	int tcp = v->protocol == IPPROTO_TCP;

	if (dst_port != 853 && (dst_port != 443 || !config->doh))
		return;
	if ((void *)l4 + 14 > v->end)
		return;
	if (tcp ? (l4[13] & 0x12) != 0x02 : (l4[8] & 0xf0) != 0xc0) // RFC 9000 §17.2.2
		return;
	if (dst_port == 853) {
		count(XDP_STEER_VERDICT_MAX + (tcp ? XDP_ENCRYPTED_DOT : XDP_ENCRYPTED_DOQ));
		return;
	}
	__builtin_memcpy(key.address, v->key.dst, 16);
	if (bpf_map_lookup_elem(&steer_doh, &key))
		count(XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_DOH);
}

// The verdict by the ports. If it is a first fragment, remembers the datagram for its later fragments.
static __always_inline enum xdp_steer_verdict by_ports(struct view *v, const struct xdp_steer_config *config)
{
	const __u8 *l4 = v->at;

	if (v->protocol != IPPROTO_UDP && v->protocol != IPPROTO_TCP)
		return XDP_LEAVE_OTHER;
	if (v->at + 8 > v->end)
		return XDP_LEAVE_OTHER;
	__u16 src_port = load16(l4), dst_port = load16(l4 + 2);
	enum xdp_steer_verdict verdict = XDP_LEAVE_OTHER;
	if (is_dns_port(src_port))
		v->ways |= ANSWER;
	if (config->queries && is_dns_port(dst_port))
		v->ways |= QUERY;
	if (v->ways)
		verdict = XDP_STEER_DNS;
	else if (v->protocol == IPPROTO_UDP &&
		 config->tunnels & (xdp_tunnel_of_port(dst_port) | xdp_tunnel_of_port(src_port)))
		verdict = XDP_STEER_TUNNEL;
	else
		count_encrypted(v, config, l4, dst_port);
	if (v->fragment == FIRST_FRAGMENT && verdict != XDP_LEAVE_OTHER) {
		__u32 seen = v->ways;
		bpf_map_update_elem(&steer_frags, &v->key, &seen, BPF_ANY);
		verdict = XDP_STEER_FRAGMENT;
	}
	return verdict;
}

static __always_inline int takes(void *map, const __u8 *address, __u32 otherwise)
{
	struct xdp_steer_prefix key = {.bits = 128};

	if (otherwise == 0)
		return 1;
	__builtin_memcpy(key.address, address, 16);
	const __u32 *action = bpf_map_lookup_elem(map, &key);
	return (action ? *action : otherwise) == XDP_PREFIX_TAKE;
}

// xdp.src and xdp.dst are addresses of answers: a query gets the verdict of its answer.
static __always_inline int by_prefixes(const struct view *v, const struct xdp_steer_config *config)
{
	if (!v->ways) // a fragment of a tunnel: its content is not known
		return 1;
	if (v->ways & ANSWER && takes(&steer_src, v->key.src, config->src_default) &&
		takes(&steer_dst, v->key.dst, config->dst_default))
		return 1;
	return v->ways & QUERY && takes(&steer_src, v->key.dst, config->src_default) &&
	       takes(&steer_dst, v->key.src, config->dst_default);
}

// The same result for both directions and all fragments of a conversation.
static __always_inline int in_sample(const struct view *v, __u32 one_of)
{
	__u32 hash = 0;

	if (one_of < 2)
		return 1;
#pragma unroll
	for (int i = 0; i < 16; i += 4) {
		__u32 s, d;
		__builtin_memcpy(&s, v->key.src + i, 4);
		__builtin_memcpy(&d, v->key.dst + i, 4);
		hash = (hash ^ s ^ d) * 0x9e3779b1;
		hash ^= hash >> 15;
	}
	return hash % one_of == 0;
}

static __always_inline enum xdp_steer_verdict by_ip(struct view *v, const struct xdp_steer_config *config)
{
	enum xdp_steer_verdict verdict;

	if (config->tunnels & xdp_tunnel_of_protocol(v->protocol)) {
		verdict = XDP_STEER_TUNNEL;
	} else if (v->fragment == LATER_FRAGMENT) {
		const __u32 *ways = bpf_map_lookup_elem(&steer_frags, &v->key);
		v->ways = ways ? *ways : 0;
		verdict = ways ? XDP_STEER_FRAGMENT : XDP_LEAVE_OTHER;
	} else {
		verdict = by_ports(v, config);
	}
	if (verdict != XDP_STEER_DNS && verdict != XDP_STEER_FRAGMENT)
		return verdict;
	if (!by_prefixes(v, config))
		return XDP_LEAVE_PREFIX;
	return !v->ways || in_sample(v, config->sample) ? verdict : XDP_LEAVE_SAMPLE;
}
