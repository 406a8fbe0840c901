// SPDX-License-Identifier: BSD-3-Clause
// What DPDK's net_af_packet leaves to do.
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <rte_dev.h>
#include <rte_devargs.h>

#include "dataplane/common/log.h"
#include "dataplane/intake/port.h"
#include "dataplane/intake/rx_wait.h"

enum {
	FRAME_USUAL = 2048, // the driver's default of framesz
	FRAME_HEAD = 80	    // octets of a frame before the packet, at most: tpacket2_hdr, sockaddr_ll, alignment
			    // (packet(7))
};

// The value of a device argument; `name` includes the "=". Empty if it is not given.
static void argument(const char *args, const char *name, char *out, size_t size)
{
	const char *at = strstr(args, name);

	out[0] = '\0';
	if (!at)
		return;
	at += strlen(name);
	snprintf(out, size, "%.*s", (int)strcspn(at, ","), at);
}

static bool is_loopback(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	bool is = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_LOOPBACK;
	close(fd);
	return is;
}

// A packet on a loopback interface reaches the socket twice, outgoing and incoming; like libpcap, take only the incoming one. On any
// other interface an outgoing packet is seen once. A filter, because PACKET_IGNORE_OUTGOING has no effect with PACKET_FANOUT, which
// the driver uses.
static void ignore_outgoing(const char *name)
{
	static int fds[RX_WAIT_SOCKETS_MAX];
	unsigned len = rx_wait_sockets(AF_PACKET, (int)if_nametoindex(name), fds, RX_WAIT_SOCKETS_MAX);
	struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)};
	const struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	for (unsigned i = 0; i < len; i++) {
		if (setsockopt(fds[i], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0)
			continue;
		log_warning("interface %s: outgoing packets cannot be filtered out: %s; packets count twice", name,
			strerror(errno));
		return;
	}
}

void port_packet_prepare(struct port *port, const struct rte_device *device)
{
	const struct rte_devargs *devargs = rte_dev_devargs(device);
	const char *args = devargs && devargs->args ? devargs->args : "";
	char name[IF_NAMESIZE], size[16];

	argument(args, "framesz=", size, sizeof(size));
	unsigned frame = size[0] ? (unsigned)strtoul(size, NULL, 10) : FRAME_USUAL;
	port->cut_size = frame > FRAME_HEAD ? frame - FRAME_HEAD : 0;
	argument(args, "iface=", name, sizeof(name));
	port->is_loopback = is_loopback(name);
	if (port->is_loopback)
		ignore_outgoing(name);
}
