// SPDX-License-Identifier: BSD-3-Clause
// Counters of an interface that DPDK's driver does not have: of its sockets and of the XDP program.
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/if_packet.h>
#include <linux/if_xdp.h>

#include "dataplane/intake/iface.h"

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

// The kernel drops a packet if it is too long for the socket's frames, or if the fill ring is empty.
static void read_xdp(const struct xdp_statistics *xdp, struct port_stats *stats)
{
	stats->ring_full += xdp->rx_ring_full;
	if (xdp->rx_dropped > xdp->rx_fill_ring_empty_descs)
		stats->too_long += xdp->rx_dropped - xdp->rx_fill_ring_empty_descs;
}

static void read_socket(struct iface *iface, int fd, struct port_stats *stats)
{
	struct xdp_statistics xdp = {0};
	struct tpacket_stats packet = {0};
	socklen_t xdp_size = sizeof(xdp), packet_size = sizeof(packet);

	if (iface->by_xdp && getsockopt(fd, SOL_XDP, XDP_STATISTICS, &xdp, &xdp_size) == 0)
		read_xdp(&xdp, stats);
	else if (!iface->by_xdp && getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &packet, &packet_size) == 0)
		iface->packet_drops += packet.tp_drops;
}

// The drivers of DPDK report the link as up. IFF_RUNNING: with carrier, and set up.
static void read_link(const struct iface *iface, struct port_stats *stats)
{
	struct ifreq request = {0};

	if (iface->gone)
		stats->link_up = 0;
	if (iface->gone || iface->fds_len == 0)
		return;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", iface->name);
	if (ioctl(iface->fds[0], SIOCGIFFLAGS, &request) == 0)
		stats->link_up = (request.ifr_flags & IFF_RUNNING) != 0;
}

void iface_read_stats(struct iface *iface, struct port_stats *stats)
{
	const struct stats_line *lines = port_stats_lines;
	const uint64_t *closed = (const uint64_t *)&iface->closed;
	uint64_t *values = (uint64_t *)stats;

	read_link(iface, stats);
	for (unsigned i = 0; i < iface->fds_len; i++)
		read_socket(iface, iface->fds[i], stats);
	if (!iface->by_xdp)
		stats->imissed += iface->packet_drops;
	// the driver counts all dropped packets as missed; too_long must not go back when the fill ring was empty for a moment
	if (stats->too_long > iface->too_long)
		iface->too_long = stats->too_long;
	stats->too_long = iface->too_long;
	stats->imissed -= stats->imissed < stats->too_long ? stats->imissed : stats->too_long;
	if (iface->xdp)
		xdp_read_stats(iface->xdp, stats);
	for (size_t i = 0; i < PORT_STATS_LEN; i++)
		if (lines[i].kind == STATS_COUNTER)
			values[i] += closed[i];
	stats->reopened = iface->opened > 0 ? iface->opened - 1 : 0;
}
