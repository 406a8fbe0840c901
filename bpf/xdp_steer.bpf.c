// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// Steers DNS into the AF_XDP socket of the queue and leaves everything else to the host.
//
//     frame ─► link ─► ip ─► fragment? tunnel? port? ─► prefixes ─► sample ─► socket | host
//
// Looks at the outermost IP header alone: what is inside a tunnel is user space's to take apart.
// Where no socket is in the map (before the start, after a kill -9) the packet goes to the host.
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/shared.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, XDP_STEER_QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdp_steer_config);
} steer_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdp_steer_ports);
} steer_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_STEER_VERDICT_MAX + XDP_ENCRYPTED_MAX);
	__type(key, __u32);
	__type(value, __u64);
} steer_counts SEC(".maps");

struct prefixes {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, XDP_STEER_PREFIXES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xdp_steer_prefix);
	__type(value, __u32);
};

struct prefixes steer_src SEC(".maps");
struct prefixes steer_dst SEC(".maps");
struct prefixes steer_doh SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, XDP_STEER_FRAGMENTS_MAX);
	__type(key, struct xdp_steer_datagram);
	__type(value, __u32);
} steer_frags SEC(".maps");

enum { TAGS_MAX = 2, EXTENSIONS_MAX = 4 };

// What was found in the packet so far.
struct view {
	void *at;	  // next header
	void *end;	  // of the packet
	struct xdp_steer_datagram key; // addresses, and the identification of a fragment
	__u16 type;	  // EtherType, host order
	__u8 protocol;	  // IP protocol of what is at `at`
	__u8 fragment;	  // enum fragment
	__u8 ways;	  // enum way: what it may be by its ports
};

enum way { ANSWER = 1, QUERY = 2 };
enum fragment { WHOLE, FIRST_FRAGMENT, LATER_FRAGMENT };

static __always_inline __u16 load16(const void *p)
{
	const __u8 *b = p;

	return (__u16)(b[0] << 8 | b[1]);
}

static __always_inline void count(__u32 index)
{
	__u64 *counter = bpf_map_lookup_elem(&steer_counts, &index);

	if (counter)
		(*counter)++;
}

// headers ────────────────────────────────────────────────────────────────────────────────────

static __always_inline int read_link(struct view *v)
{
	if (v->at + 14 > v->end)
		return -1;
	v->type = load16(v->at + 12);
	v->at += 14;
#pragma unroll
	for (int i = 0; i < TAGS_MAX; i++) {
		if (v->type != 0x8100 && v->type != 0x88a8 && v->type != 0x9100)
			break;
		if (v->at + 4 > v->end)
			return -1;
		v->type = load16(v->at + 2);
		v->at += 4;
	}
	return 0;
}

static __always_inline void set_ipv4(__u8 *to, const __u8 *from)
{
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, from, 4);
}

static __always_inline int read_ipv4(struct view *v)
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
	v->at += size;
	return 0;
}

// Steps over what may stand between the header and the transport (RFC 8200 §4.1).
static __always_inline int read_extensions(struct view *v)
{
#pragma unroll
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		const __u8 *p = v->at;
		if (v->protocol != IPPROTO_HOPOPTS && v->protocol != IPPROTO_ROUTING &&
			v->protocol != IPPROTO_DSTOPTS && v->protocol != IPPROTO_FRAGMENT)
			return 0;
		if (v->at + 8 > v->end)
			return -1;
		if (v->protocol == IPPROTO_FRAGMENT) {
			__u16 offset = load16(p + 2);
			v->key.id = load16(p + 4) << 16 | load16(p + 6);
			v->key.protocol = p[0]; // in all fragments the same, whatever the first one has behind it
			if (offset & 0xfff9)
				v->fragment = offset & 0xfff8 ? LATER_FRAGMENT : FIRST_FRAGMENT;
			v->at += 8;
		} else {
			v->at += 8 + (__u32)p[1] * 8;
		}
		v->protocol = p[0];
		if (v->fragment == LATER_FRAGMENT)
			return 0;
	}
	return 0;
}

static __always_inline int read_ipv6(struct view *v)
{
	const __u8 *ip = v->at;

	if (v->at + 40 > v->end || ip[0] >> 4 != 6)
		return -1;
	__builtin_memcpy(v->key.src, ip + 8, 16);
	__builtin_memcpy(v->key.dst, ip + 24, 16);
	v->protocol = ip[6];
	v->at += 40;
	return read_extensions(v);
}

// decisions ──────────────────────────────────────────────────────────────────────────────────

static __always_inline int is_dns_port(__u16 port)
{
	__u32 zero = 0;
	const struct xdp_steer_ports *ports = bpf_map_lookup_elem(&steer_ports, &zero);

	return ports && ports->bit[port >> 6] >> (port & 63) & 1;
}

static __always_inline __u32 udp_tunnel(__u16 port)
{
	switch (port) { // the ports of dataplane/pkt_layers.h
	case 2152:
		return XDP_TUNNEL_GTPU;
	case 3544:
		return XDP_TUNNEL_TEREDO;
	case 4754:
		return XDP_TUNNEL_GRE;
	case 4789:
	case 4790:
	case 8472:
		return XDP_TUNNEL_VXLAN;
	case 6081:
		return XDP_TUNNEL_GENEVE;
	case 6635:
		return XDP_TUNNEL_MPLS;
	}
	return 0;
}

static __always_inline int is_tunnel(const struct view *v, const struct xdp_steer_config *config)
{
	__u32 tunnel = 0;

	if (v->protocol == IPPROTO_GRE)
		tunnel = XDP_TUNNEL_GRE;
	else if (v->protocol == IPPROTO_IPIP || v->protocol == IPPROTO_IPV6)
		tunnel = XDP_TUNNEL_IPIP;
	else if (v->protocol == 137) // RFC 4023
		tunnel = XDP_TUNNEL_MPLS;
	return (config->tunnels & tunnel) != 0;
}

// A TCP SYN or a QUIC Initial packet from the client: one for each connection that begins.
static __always_inline void count_encrypted(
	const struct view *v, const struct xdp_steer_config *config, const __u8 *l4, __u16 dst_port)
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

// By the ports of the transport header. Remembers the datagram for the fragments that follow.
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
	else if (v->protocol == IPPROTO_UDP && config->tunnels & (udp_tunnel(dst_port) | udp_tunnel(src_port)))
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

// xdp.src and xdp.dst are those of answers; a query is judged as its answer will be.
static __always_inline int by_prefixes(const struct view *v, const struct xdp_steer_config *config)
{
	if (!v->ways) // a fragment of a tunnel: what is in it is not known
		return 1;
	if (v->ways & ANSWER && takes(&steer_src, v->key.src, config->src_default) &&
		takes(&steer_dst, v->key.dst, config->dst_default))
		return 1;
	return v->ways & QUERY && takes(&steer_src, v->key.dst, config->src_default) &&
	       takes(&steer_dst, v->key.src, config->dst_default);
}

// The same for both directions and all fragments of a conversation.
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

	if (is_tunnel(v, config)) {
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

static __always_inline enum xdp_steer_verdict decide(struct xdp_md *ctx, const struct xdp_steer_config *config)
{
	struct view v = {.at = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end};

	if (config->all)
		return XDP_STEER_ALL;
	if (read_link(&v) != 0)
		return XDP_LEAVE_OTHER;
	if (v.type == 0x8847 || v.type == 0x8848)
		return config->tunnels & XDP_TUNNEL_MPLS ? XDP_STEER_TUNNEL : XDP_LEAVE_OTHER;
	if (v.type == 0x8864)
		return config->tunnels & XDP_TUNNEL_PPPOE ? XDP_STEER_TUNNEL : XDP_LEAVE_OTHER;
	if (v.type == 0x0800 ? read_ipv4(&v) != 0 : v.type != 0x86dd || read_ipv6(&v) != 0)
		return XDP_LEAVE_OTHER;
	return by_ip(&v, config);
}

SEC("xdp")
int lookback_steer(struct xdp_md *ctx)
{
	__u32 zero = 0;
	const struct xdp_steer_config *config = bpf_map_lookup_elem(&steer_config, &zero);

	if (!config || !config->ready)
		return XDP_PASS;
	enum xdp_steer_verdict verdict = decide(ctx, config);
	int action = XDP_PASS;
	if (verdict <= XDP_STEER_ALL) {
		action = bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_PASS);
		if (action != XDP_REDIRECT)
			verdict = XDP_LEAVE_NO_SOCKET;
	}
	count(verdict);
	return action;
}
