// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/iface.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <rte_bus_vdev.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <rte_mbuf.h>

#include "dataplane/privileged/iface_use.h"
#include "dataplane/common/log.h"
#include "dataplane/privileged/rights.h"
#include "dataplane/intake/rx_wait.h"

enum { PAGE_SIZE = 4096 };

static void device_name(const struct iface *iface, char *out, size_t size)
{
	snprintf(out, size, "%s%u", iface->by_xdp ? "net_af_xdp" : "net_af_packet", iface->number);
}

// Beyond the limit the drivers only report an invalid argument.
static bool may_lock(uint64_t octets, char *why, size_t why_size)
{
	uint64_t limit;

	if (rights_lock_memory(octets, &limit))
		return true;
	snprintf(why, why_size,
		"found a limit of %u MiB of locked memory, expected %u; raise it (ulimit -l) or give CAP_IPC_LOCK",
		(unsigned)(limit >> 20), (unsigned)(octets >> 20) + 1);
	return false;
}

// AF_XDP is not possible, or not wanted.
static void say_why_not(const struct iface *iface, const char *why)
{
	if (iface->host_uses[0] && iface->yields)
		log_info("interface %s: %s; capturing by copy", iface->name, why);
	else
		log_warning("interface %s: no AF_XDP: %s; trying AF_PACKET, slower", iface->name, why);
}

static void say_how(const struct iface *iface, const struct intake_options *o)
{
	if (iface->by_xdp && iface->host_uses[0])
		log_warning(
			"interface %s: the host uses it (%s), but %s that comes over it no longer reaches the host; xdp.program = auto "
			"captures by copy",
			iface->name, iface->host_uses, o->xdp_program == INTAKE_XDP_ALL ? "all traffic" : "DNS");
	if (iface->by_xdp)
		log_info("interface %s: capturing through AF_XDP, %s, %s mode; %s", iface->name,
			iface->fds_len > 0 && iface_xdp_is_zero_copy(iface->fds[0]) ? "zero-copy" : "copying",
			xdp_attach_mode(iface->xdp),
			o->xdp_program == INTAKE_XDP_ALL
				? "all packets come to the workers"
				: "DNS comes to the workers, other packets stay with the host");
	else
		log_info("interface %s: capturing through AF_PACKET", iface->name);
}

// opening and closing ────────────────────────────────────────────────────────────────────────

// Opens the device and the port and, for AF_XDP, attaches the program. On failure nothing stays open.
static int open_device(struct iface *iface, const char *devargs, struct port *port, const struct intake_options *o,
	struct rte_mempool *pool)
{
	char name[64];
	uint16_t id;

	device_name(iface, name, sizeof(name));
	if (rte_vdev_init(name, devargs) != 0)
		return -1;
	if (rte_eth_dev_get_port_by_name(name, &id) != 0 || port_start(port, id, o, pool) != 0) {
		rte_vdev_uninit(name);
		return -1;
	}
	iface->xdp = iface->by_xdp ? iface_xdp_attach(iface, o) : NULL;
	if (iface->by_xdp && !iface->xdp) {
		port_stop(port);
		rte_vdev_uninit(name);
		return -1;
	}
	return 0;
}

// Files that the driver opened since `before`.
static void find_files(struct iface *iface, const struct xdp_file *before, unsigned before_len)
{
	static struct xdp_file files[XDP_FILES_MAX];
	unsigned len = xdp_files_new(files, xdp_files_list(files, XDP_FILES_MAX), before, before_len);

	iface->files_len = RTE_MIN(len, (unsigned)IFACE_FILES_MAX);
	memcpy(iface->files, files, iface->files_len * sizeof(*files));
}

// Sockets that it opened: one per queue, in that order.
static void find_sockets(struct iface *iface, const int *before, unsigned before_len)
{
	static int now[RX_WAIT_SOCKETS_MAX];
	unsigned len = rx_wait_sockets(iface->by_xdp ? AF_XDP : AF_PACKET, iface->index, now, RX_WAIT_SOCKETS_MAX);

	iface->fds_len = 0;
	for (unsigned i = 0, k = 0; i < len && iface->fds_len < STATS_WORKERS_MAX; i++) {
		while (k < before_len && before[k] < now[i])
			k++;
		if (k == before_len || before[k] != now[i])
			iface->fds[iface->fds_len++] = now[i];
	}
}

_Static_assert(IFACE_ROOM_USUAL == RTE_MBUF_DEFAULT_BUF_SIZE, "DPDK's default");

unsigned iface_room(const struct iface *iface)
{
	struct iface_facts facts;

	iface_facts_read(iface->name, &facts);
	return iface_facts_room(&facts);
}

// Opens it through AF_XDP or AF_PACKET.
static int open_by(struct iface *iface, bool by_xdp, const char *devargs, struct port *port,
	const struct intake_options *o, struct rte_mempool *pool)
{
	static int before[RX_WAIT_SOCKETS_MAX];
	static struct xdp_file files[XDP_FILES_MAX];

	iface->by_xdp = by_xdp;
	unsigned len = rx_wait_sockets(by_xdp ? AF_XDP : AF_PACKET, iface->index, before, RX_WAIT_SOCKETS_MAX);
	unsigned files_len = xdp_files_list(files, XDP_FILES_MAX);
	int result = open_device(iface, devargs, port, o, pool);
	find_files(iface, files, files_len);
	if (result != 0) {
		xdp_files_close(iface->files, iface->files_len);
		return -1;
	}
	find_sockets(iface, before, len);
	snprintf(port->name, sizeof(port->name), "%s", iface->name);
	iface->opened++;
	return 0;
}

static int open_by_packet(struct iface *iface, const struct iface_facts *facts, struct port *port,
	const struct intake_options *o, struct rte_mempool *pool)
{
	// a block must be a multiple of the frame size and of the page size
	unsigned frame = iface->room - RTE_PKTMBUF_HEADROOM, frames = 1;
	char devargs[256], missing[100], why[120];

	if (!rights_are_there(RIGHTS_PACKET, missing, sizeof(missing))) {
		log_error("interface %s: cannot be captured from: root is needed, or %s", iface->name, missing);
		return -1;
	}
	while (frame * frames % PAGE_SIZE != 0)
		frames++;
	// an RX and a TX ring per queue
	if (!may_lock(2ull * frame * o->rx_descriptors * o->workers, why, sizeof(why))) {
		log_error("interface %s: cannot be captured from: %s; or lower rx.descriptors", iface->name, why);
		return -1;
	}
	snprintf(devargs, sizeof(devargs), "iface=%s,qpairs=%u,blocksz=%u,framesz=%u,framecnt=%u", iface->name,
		o->workers, frame * frames, frame, o->rx_descriptors / frames * frames);
	if (open_by(iface, false, devargs, port, o, pool) != 0) {
		log_error("interface %s: cannot be captured from: the kernel or DPDK's driver rejects it", iface->name);
		return -1;
	}
	if (facts->merges)
		log_warning(
			"interface %s: TCP segments come merged, and are cut off after the length of its MTU; turn merging off "
			"(ethtool -K %s gro off lro off)",
			iface->name, iface->name);
	return 0;
}

int iface_open(struct iface *iface, struct port *port, const struct intake_options *o, struct rte_mempool *pool)
{
	struct iface_facts facts;
	char devargs[256], why[300] = "its driver rejects the program or the sockets";

	rte_log_set_level_pattern("pmd.net.af_*", RTE_LOG_CRIT); // our own log line says what fails
	rte_log_set_level_pattern("pmd.net.packet", RTE_LOG_CRIT);
	iface->index = (int)if_nametoindex(iface->name);
	iface_facts_read(iface->name, &facts);
	iface->room = rte_pktmbuf_data_room_size(pool);
	iface->yields = o->xdp_program == INTAKE_XDP_AUTO;
	if (o->xdp_program == INTAKE_XDP_OFF ||
		!iface_use_is(iface->name, IFACE_USE_ROUTES, iface->host_uses, sizeof(iface->host_uses)))
		iface->host_uses[0] = '\0';
	port->is_loopback = facts.type == ARPHRD_LOOPBACK;
	port->link = iface_facts_is_ip(&facts) ? LINK_KIND_RAW_IP : LINK_KIND_ETHERNET;
	if (!iface_facts_is_ethernet(&facts) && !iface_facts_is_ip(&facts)) {
		log_error("interface %s: found frames of link type %u, expected Ethernet or IP", iface->name,
			facts.type);
		return -1;
	}
	if (o->isolate)
		log_warning("interface %s: nic.isolate: is for cards that DPDK drives; use xdp.program here",
			iface->name);
	if (!iface_xdp_arguments(iface, &facts, o, devargs, sizeof(devargs), why, sizeof(why)) ||
		!may_lock(iface_xdp_locked(pool, &facts, o), why, sizeof(why)) ||
		open_by(iface, true, devargs, port, o, pool) != 0) {
		say_why_not(iface, why);
		iface_xdp_clean_up(iface, why, sizeof(why)); // a program that stays belongs to someone else
		if (open_by_packet(iface, &facts, port, o, pool) != 0)
			return -1;
	}
	say_how(iface, o);
	return 0;
}

void iface_close(struct iface *iface, struct port *port)
{
	char name[64];

	device_name(iface, name, sizeof(name));
	iface_xdp_detach(iface);
	port_stop(port);
	rte_vdev_uninit(name);
	xdp_files_close(iface->files, iface->files_len);
	iface->fds_len = iface->files_len = 0;
	iface->packet_drops = iface->too_long = 0;
}

const char *iface_trouble(const struct iface *iface)
{
	static char text[300];
	char use[200];

	if ((int)if_nametoindex(iface->name) != iface->index)
		return "is gone; waiting for it to come back";
	if (iface_room(iface) > iface->room)
		return "has longer frames now; opening it again";
	if (iface->xdp && !xdp_is_attached(iface->xdp))
		return "has lost its XDP program to someone else; opening it again";
	if (iface->xdp && iface->yields && iface_use_is(iface->name, IFACE_USE_QUICK, use, sizeof(use)))
		return snprintf(text, sizeof(text), "the host uses it now (%s); opening it again, by copy", use), text;
	return NULL;
}

bool iface_is_there(const struct iface *iface)
{
	return if_nametoindex(iface->name) != 0;
}
