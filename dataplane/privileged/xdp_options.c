// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/shared.h"
#include "dataplane/privileged/xdp.h"

static const struct {
	const char *name;
	uint32_t bits;
} tunnels[] = {
#define TUNNEL(name, word) {word, XDP_TUNNEL_##name},
	ENCAP_TUNNELS(TUNNEL)
#undef TUNNEL
		{"erspan", XDP_TUNNEL_GRE},
	{"all", XDP_TUNNEL_ALL},
	{"auto", XDP_TUNNEL_AUTO},
	{"none", 0},
};

static void expect(char *why, size_t why_size)
{
	size_t used = (size_t)snprintf(why, why_size, "expected auto, all, none, or some of erspan");

#define TUNNEL(name, word) \
	if (used < why_size) \
		used += (size_t)snprintf(why + used, why_size - used, ", %s", word);
	ENCAP_TUNNELS(TUNNEL)
#undef TUNNEL
}

int xdp_set_tunnels(uint32_t *out, const char *text, char *why, size_t why_size)
{
	uint32_t bits = 0;

	while (*text) {
		size_t len = strcspn(text, ","), i, count = sizeof(tunnels) / sizeof(tunnels[0]);
		for (i = 0; i < count; i++)
			if (strlen(tunnels[i].name) == len && strncmp(tunnels[i].name, text, len) == 0)
				break;
		if (i == count) {
			expect(why, why_size);
			return -EINVAL;
		}
		bits |= tunnels[i].bits;
		text += len + (text[len] == ',');
		text += strspn(text, " ");
	}
	*out = bits;
	return 0;
}
