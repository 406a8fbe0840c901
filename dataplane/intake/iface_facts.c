// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/iface_facts.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

enum {
	MTU_MAX = 9216,		// lo has 65536, which DNS hardly uses
	LINK_SIZE = 14 + 2 * 4, // Ethernet and two tags
	HEADROOM = 128,		// DPDK's
	BEFORE_FRAME = 384,	// XDP's own headroom (256) and DPDK's; more than AF_PACKET's header
	XDP_ROOM_MAX = 3840	// with the buffer's own header it fills one page, which is the most that AF_XDP takes
};

_Static_assert(MTU_MAX + LINK_SIZE + BEFORE_FRAME <= IFACE_ROOM_LONGEST, "no interface needs more room");

static int ask_ethtool(int fd, struct ifreq *request, void *command)
{
	request->ifr_data = command;
	return ioctl(fd, SIOCETHTOOL, request);
}

static void read_channels(int fd, struct ifreq *request, struct iface_facts *facts)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (ask_ethtool(fd, request, &channels) != 0)
		return;
	if (channels.combined_count + channels.rx_count > 0)
		facts->queues = channels.combined_count + channels.rx_count;
	if (channels.max_combined > 0)
		facts->combined = channels.combined_count;
}

static void read_merging(int fd, struct ifreq *request, struct iface_facts *facts)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};

	facts->merges = ask_ethtool(fd, request, &gro) == 0 && gro.data != 0;
	facts->merges |= ask_ethtool(fd, request, &flags) == 0 && flags.data & ETH_FLAG_LRO;
}

void iface_facts_read(const char *name, struct iface_facts *facts)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*facts = (struct iface_facts){.queues = 1, .combined = 1, .type = ARPHRD_ETHER};
	if (fd < 0)
		return;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFMTU, &request) == 0)
		facts->mtu = (unsigned)request.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		facts->type = request.ifr_hwaddr.sa_family;
	read_channels(fd, &request, facts);
	read_merging(fd, &request, facts);
	close(fd);
}

unsigned iface_facts_room(const struct iface_facts *facts)
{
	unsigned mtu = facts->mtu < MTU_MAX ? facts->mtu : MTU_MAX;
	unsigned data =
		(mtu + LINK_SIZE + BEFORE_FRAME - HEADROOM + IFACE_ROOM_STEP - 1) / IFACE_ROOM_STEP * IFACE_ROOM_STEP;

	return data + HEADROOM > IFACE_ROOM_USUAL ? data + HEADROOM : IFACE_ROOM_USUAL;
}

bool iface_facts_fit_xdp(const struct iface_facts *facts)
{
	return iface_facts_room(facts) <= XDP_ROOM_MAX;
}

bool iface_facts_is_ethernet(const struct iface_facts *facts)
{
	return facts->type == ARPHRD_ETHER || facts->type == ARPHRD_LOOPBACK;
}

bool iface_facts_is_ip(const struct iface_facts *facts)
{
	static const unsigned types[] = {ARPHRD_NONE, ARPHRD_RAWIP, ARPHRD_PPP, ARPHRD_TUNNEL, ARPHRD_TUNNEL6,
		ARPHRD_SIT};
	bool found = false;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		found |= facts->type == types[i];
	return found;
}
