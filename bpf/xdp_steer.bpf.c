// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// Steers DNS into the AF_XDP socket of the queue and leaves everything else to the host.
//
//     frame ─► link, tags, bridges ─► ip ─► fragment? tunnel? port? ─► prefixes ─► sample ─► socket | host
//
// Looks at the outermost IP header alone: what is inside a tunnel is user space's to take apart. Steps over all headers
// before it that the workers know too (bpf/encapsulations.h); what it cannot follow goes to them where the host does not
// use the interface, since it can be the host's otherwise.
// Where no socket is in the map (before the start, after a kill -9) the packet goes to the host.
#include <linux/bpf.h>
#include <linux/if_ether.h>
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

// As many extension headers as RFC 8200 §4.1 lets be in a packet; more tags than any network stacks.
enum { TAGS_MAX = 8, EXTENSIONS_MAX = 10, LINK_MAX = 0xfff };

// What was found in the packet so far.
struct view {
	void *start;		       // of the packet
	void *at;		       // next header
	void *end;		       // of the packet
	struct xdp_steer_datagram key; // addresses, and the identification of a fragment
	__u16 type;		       // EtherType, host order
	__u8 protocol;		       // IP protocol of what is at `at`
	__u8 fragment;		       // enum fragment
	__u8 ways;		       // enum way: what it may be by its ports
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

#define BEYOND (1ull << 32)

// Octets from the EtherType `type`, whose header begins at `p`, to the one behind it; 0: not such a header, -1: cut off.
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

// RFC 8300: octets to what follows; `*type`: its EtherType, or 0 where it is Ethernet. 0: not known.
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

// IEEE 802.2 with SNAP, or IP without: as nsh_size. The host does not take IP from either.
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

// A place in the packet: the EtherType in the upper half, octets before its header in the lower one.
#define PLACE(type, at) ((__u32)(type) << 16 | (at))
#define PLACE_TYPE(place) ((__u16)((place) >> 16))
#define PLACE_AT(place) ((place)&LINK_MAX)

// One header further; the same place where it is not one of those that we step over, 0 where it is cut off. A function
// that the verifier looks at by itself, so that the ways through it do not multiply with those before and behind it.
__noinline __u32 step(struct xdp_md *ctx, __u32 place)
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
		p = data + ((at - 2) & LINK_MAX);
		if ((const void *)p + 2 > end)
			return 0;
		next = load16(p);
	}
	return at > LINK_MAX ? 0 : PLACE(next, at);
}

// Steps over link header, tags and bridges. BEYOND where the headers go on further than we follow; 0: cut off.
static __always_inline __u64 find_ip(struct xdp_md *ctx)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 14 > end)
		return 0;
	__u32 place = PLACE(load16(data + 12), 14);
	for (int i = 0; i < TAGS_MAX; i++) {
		__u32 next = step(ctx, place);
		if (next == 0 || next == place)
			return next;
		place = next;
	}
	return step(ctx, place) == place ? place : BEYOND;
}

static __always_inline void set_ipv4(__u8 *to, const __u8 *from)
{
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, from, 4);
}

// Octets of the extension header of protocol `protocol` at `p`, of which 8 are there; 0: it is none.
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

// One header further than `at`, where one of protocol `protocol` begins: protocol and place as in step, the same where it is
// none of those that we step over.
__noinline __u32 step_extension(struct xdp_md *ctx, __u32 place, __u32 ipv6)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 at = PLACE_AT(place);
	const __u8 *p = data + at;

	if ((const void *)p + 8 > end)
		return place;
	__u32 size = extension_size(PLACE_TYPE(place), p, ipv6);
	return size == 0 || at + size > LINK_MAX ? place : PLACE(p[0], at + size);
}

static __always_inline void read_fragment(struct view *v, __u32 at)
{
	const __u8 *p = v->start + at;

	if ((void *)p + 8 > v->end)
		return;
	v->key.id = load16(p + 4) << 16 | load16(p + 6);
	v->key.protocol = p[0]; // in all fragments the same, whatever the first one has behind its header
	v->fragment = FRAGMENT_KIND(load16(p + 2));
}

// Steps over what may be between the IP header and the transport (RFC 8200 §4.1; RFC 4302). 1: there is more of it.
static __always_inline int read_extensions(struct xdp_md *ctx, struct view *v, __u32 at, int ipv6)
{
	__u32 place = PLACE(v->protocol, at), next = place;

	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		next = step_extension(ctx, place, ipv6);
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
	return v->fragment != LATER_FRAGMENT && step_extension(ctx, place, ipv6) != place;
}

// 1: the headers go on further than we follow; -1: no IP header.
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

// decisions ──────────────────────────────────────────────────────────────────────────────────

static __always_inline int is_dns_port(__u16 port)
{
	__u32 zero = 0;
	const struct xdp_steer_ports *ports = bpf_map_lookup_elem(&steer_ports, &zero);

	return ports && ports->bit[port >> 6] >> (port & 63) & 1;
}

// By themselves for the verifier too: a comparison for each number of the list.
__noinline __u32 udp_tunnel(__u32 port)
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

__noinline __u32 ip_tunnel(__u32 protocol)
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

__noinline __u32 link_tunnel(__u32 type)
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

// A TCP SYN or a QUIC Initial packet from the client: one for each connection that begins.
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

	if (config->tunnels & ip_tunnel(v->protocol)) {
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
	struct view v = {.start = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end};
	enum xdp_steer_verdict beyond = config->mirror ? XDP_STEER_BEYOND : XDP_LEAVE_OTHER;

	if (config->all)
		return XDP_STEER_ALL;
	__u64 found = find_ip(ctx);
	if (found & BEYOND)
		return beyond;
	if (found == 0)
		return XDP_LEAVE_OTHER;
	__u32 at = PLACE_AT(found);
	v.type = PLACE_TYPE(found);
	v.at = v.start + at;
	if (link_tunnel(v.type))
		return config->tunnels & link_tunnel(v.type) ? XDP_STEER_TUNNEL : XDP_LEAVE_OTHER;
	if (v.type != ENCAP_IPV4 && v.type != ENCAP_IPV6)
		return v.type == ETH_P_ARP || v.type <= ENCAP_802_3_MAX ? XDP_LEAVE_OTHER : beyond;
	int result = v.type == ENCAP_IPV4 ? read_ipv4(ctx, &v, at) : read_ipv6(ctx, &v, at);
	return result < 0 ? XDP_LEAVE_OTHER : result > 0 ? beyond : by_ip(&v, config);
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
