// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	KEY_MAX = 1024,
	INDIRECTION_MAX = 1 << 16,
	SYMMETRIC = 1 | 2, // RXH_XFRM_SYM_XOR, RXH_XFRM_SYM_OR_XOR of later kernels
	KEY_PERIOD = 2	   // octets: then a key is symmetric
};

struct device {
	int fd;
	struct ifreq request;
};

static bool ask(struct device *d, void *command)
{
	d->request.ifr_data = command;
	return ioctl(d->fd, SIOCETHTOOL, &d->request) == 0;
}

static enum ethtool_answer answer(bool known, bool yes)
{
	return !known ? ETHTOOL_UNKNOWN : yes ? ETHTOOL_YES : ETHTOOL_NO;
}

static void read_features(struct device *d, struct ethtool_view *out)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};

	bool known = ask(d, &gro);
	out->gro = answer(known, gro.data != 0);
	known = ask(d, &flags);
	out->lro = answer(known, flags.data & ETH_FLAG_LRO);
	out->vlan_stripping = answer(known, flags.data & ETH_FLAG_RXVLAN);
}

static void read_driver(struct device *d, struct ethtool_view *out)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (ask(d, &info))
		snprintf(out->driver, sizeof(out->driver), "%.31s", info.driver);
	if (ask(d, &channels))
		out->queues = channels.combined_count + channels.rx_count;
}

static bool is_symmetric(const uint8_t *key, size_t size)
{
	for (size_t i = KEY_PERIOD; i < size; i++)
		if (key[i] != key[i - KEY_PERIOD])
			return false;
	return size > 0;
}

// The hash key is after the indirection table.
static void read_key(struct device *d, struct ethtool_view *out)
{
	struct ethtool_rxfh sizes = {.cmd = ETHTOOL_GRSSH}, *all;

	if (!ask(d, &sizes) || sizes.key_size == 0 || sizes.key_size > KEY_MAX || sizes.indir_size > INDIRECTION_MAX)
		return;
	size_t table = sizes.indir_size * sizeof(uint32_t);
	all = calloc(1, sizeof(*all) + table + sizes.key_size);
	if (!all)
		return;
	*all = (struct ethtool_rxfh){.cmd = ETHTOOL_GRSSH, .indir_size = sizes.indir_size, .key_size = sizes.key_size};
	if (ask(d, all)) {
		const uint8_t *functions = &all->hfunc; // the octet after it is input_xfrm since Linux 6.8
		out->symmetric_key =
			answer(true, functions[1] & SYMMETRIC ||
					     is_symmetric((const uint8_t *)all->rss_config + table, sizes.key_size));
	}
	free(all);
}

static void read_hash(struct device *d, struct ethtool_view *out)
{
	struct ethtool_rxnfc flow = {.cmd = ETHTOOL_GRXFH, .flow_type = UDP_V4_FLOW};

	bool known = ask(d, &flow);
	out->hashes_ports = answer(known, flow.data & (RXH_L4_B_0_1 | RXH_L4_B_2_3));
}

void ethtool_read(const char *name, struct ethtool_view *out)
{
	struct device d = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

	*out = (struct ethtool_view){.index = (int)if_nametoindex(name)};
	if (d.fd < 0 || out->index == 0) {
		if (d.fd >= 0)
			close(d.fd);
		return;
	}
	snprintf(d.request.ifr_name, sizeof(d.request.ifr_name), "%s", name);
	if (ioctl(d.fd, SIOCGIFMTU, &d.request) == 0)
		out->mtu = (unsigned)d.request.ifr_mtu;
	if (ioctl(d.fd, SIOCGIFFLAGS, &d.request) == 0)
		out->up = (d.request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
	read_features(&d, out);
	read_driver(&d, out);
	read_key(&d, out);
	read_hash(&d, out);
	close(d.fd);
}
