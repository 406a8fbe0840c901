// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
// Steers DNS into the AF_XDP socket of the queue and leaves everything else to the host.
//
//     frame ─► link, tags, bridges ─► ip, extensions ─► tunnel? fragment? port? ─► prefixes ─► sample ─► socket | host
//              xdp_link.h             xdp_ip.h          xdp_verdict.h, xdp_tunnels.h
//
// Looks at the outermost IP header only: user space takes tunnels apart. Steps over all headers before it that the workers
// know too (encapsulations.h). If it cannot follow the headers, the packet goes to the workers on an interface that the
// host does not use (`mirror`); otherwise to the host, since it may be the host's.
// If no socket is in the map (before the start, after a kill -9), the packet goes to the host.
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#include "bpf/shared.h"
#include "bpf/xdp_ip.h"
#include "bpf/xdp_link.h"
#include "bpf/xdp_maps.h"
#include "bpf/xdp_packet.h"
#include "bpf/xdp_tunnels.h"
#include "bpf/xdp_verdict.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

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
	if (xdp_tunnel_of_ethertype(v.type))
		return config->tunnels & xdp_tunnel_of_ethertype(v.type) ? XDP_STEER_TUNNEL : XDP_LEAVE_OTHER;
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
