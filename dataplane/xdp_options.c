// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/shared.h"
#include "dataplane/xdp.h"

static const struct {
	const char *name;
	uint32_t bits;
} tunnels[] = {
	{"gre", XDP_TUNNEL_GRE}, {"erspan", XDP_TUNNEL_GRE}, {"ipip", XDP_TUNNEL_IPIP}, {"vxlan", XDP_TUNNEL_VXLAN},
	{"geneve", XDP_TUNNEL_GENEVE}, {"gtpu", XDP_TUNNEL_GTPU}, {"teredo", XDP_TUNNEL_TEREDO},
	{"mpls", XDP_TUNNEL_MPLS}, {"pppoe", XDP_TUNNEL_PPPOE}, {"all", 0xff}, {"none", 0},
};

int xdp_set_tunnels(uint32_t *out, const char *text, char *why, size_t why_size)
{
	uint32_t bits = 0;

	while (*text) {
		size_t len = strcspn(text, ","), i, count = sizeof(tunnels) / sizeof(tunnels[0]);
		for (i = 0; i < count; i++)
			if (strlen(tunnels[i].name) == len && strncmp(tunnels[i].name, text, len) == 0)
				break;
		if (i == count) {
			snprintf(why, why_size,
				"expected none, all, or some of gre, erspan, ipip, vxlan, geneve, gtpu, teredo, mpls, pppoe");
			return -EINVAL;
		}
		bits |= tunnels[i].bits;
		text += len + (text[len] == ',');
		text += strspn(text, " ");
	}
	*out = bits;
	return 0;
}
