// SPDX-License-Identifier: BSD-3-Clause
// AF_XDP: whether an interface can be captured from this way, and our program on it.
#include "dataplane/intake/iface.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>
#include <rte_mbuf.h>

#include "dataplane/common/log.h"
#include "dataplane/packet/encrypted.h"
#include "dataplane/privileged/helper.h"

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

enum { BUSY_POLL_BUDGET = 64 }; // packets

static struct xdp *attached[STATS_PORTS_MAX]; // programs to detach at the end

void iface_detach_all(void)
{
	for (int i = 0; i < STATS_PORTS_MAX; i++) {
		xdp_close(attached[i]);
		attached[i] = NULL;
	}
}

void iface_xdp_detach(struct iface *iface)
{
	for (int i = 0; i < STATS_PORTS_MAX; i++)
		if (attached[i] == iface->xdp)
			attached[i] = NULL;
	xdp_close(iface->xdp);
	iface->xdp = NULL;
}

static int read_lists(const struct intake_options *o, struct prefix_list *src, struct prefix_list *dst,
	struct prefix_list *doh)
{
	char why[400];
	int result = prefix_list_read(src, o->xdp_src, why, sizeof(why));

	if (result == 0)
		result = prefix_list_read(dst, o->xdp_dst, why, sizeof(why));
	if (result == 0)
		result = encrypted_addresses(doh, o->doh_addresses, why, sizeof(why));
	if (result != 0)
		log_error("xdp.src, xdp.dst, doh.addresses: %s", why);
	return result;
}

struct xdp *iface_xdp_attach(const struct iface *iface, const struct intake_options *o)
{
	struct prefix_list src = {0}, dst = {0}, doh = {0};
	struct xdp *xdp = NULL;
	char why[256];

	if (read_lists(o, &src, &dst, &doh) == 0) {
		const struct xdp_steering options = {.ports = o->dns_ports,
			.all = o->xdp_program == INTAKE_XDP_ALL,
			.queries = o->queries,
			.tunnels = o->xdp_tunnels,
			.mirror = iface->host_uses[0] == '\0',
			.sample = o->xdp_sample,
			.src = &src,
			.dst = &dst,
			.doh = &doh};
		xdp = xdp_open(iface->name, &options, why, sizeof(why));
		if (!xdp)
			log_error("interface %s: %s", iface->name, why);
	}
	prefix_list_free(&src);
	prefix_list_free(&dst);
	prefix_list_free(&doh);
	for (int i = 0; xdp && i < STATS_PORTS_MAX; i++) {
		if (!attached[i]) {
			attached[i] = xdp;
			break;
		}
	}
	return xdp;
}

void iface_reload_all(const struct prefix_list *doh)
{
	int result = 0;

	for (int i = 0; i < STATS_PORTS_MAX && result == 0; i++)
		if (attached[i])
			result = xdp_set_doh(attached[i], doh);
	if (result != 0)
		log_error("doh.addresses: the XDP program rejects them: %s; connections to them are not counted",
			strerror(-result));
}

bool iface_xdp_is_zero_copy(int fd)
{
	struct xdp_options options = {0};
	socklen_t size = sizeof(options);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &size) == 0 && options.flags & XDP_OPTIONS_ZEROCOPY;
}

// Returns false with the reason in `why` if the interface cannot or shall not be captured from through AF_XDP.
static bool xdp_suits(const struct iface *iface, const struct iface_facts *facts, const struct intake_options *o,
	char *why, size_t why_size)
{
	if (o->xdp_program == INTAKE_XDP_OFF)
		return snprintf(why, why_size, "xdp.program = off"), false;
	if (iface->host_uses[0] && o->xdp_program == INTAKE_XDP_AUTO)
		return snprintf(why, why_size,
			       "the host uses it (%s); xdp.program = steer would take DNS from the host",
			       iface->host_uses),
		       false;
	if (!iface_facts_is_ethernet(facts))
		return snprintf(why, why_size, "its packets have no Ethernet header"), false;
	if (!iface_facts_fit_xdp(facts))
		return snprintf(why, why_size, "frames of its MTU of %u do not fit into one memory page", facts->mtu),
		       false;
	if (facts->queues > facts->combined)
		return snprintf(why, why_size, "DPDK's driver takes %u of its %u queues (ethtool -L %s)",
			       facts->combined, facts->queues, iface->name),
		       false;
	return xdp_possible(why, why_size);
}

bool iface_xdp_clean_up(const struct iface *iface, char *why, size_t why_size)
{
	int left = xdp_clean_up(iface->name, why, why_size);

	if (left > 0)
		log_info("interface %s: detached the XDP program that an earlier run left", iface->name);
	return left >= 0;
}

bool iface_xdp_arguments(const struct iface *iface, const struct iface_facts *facts, const struct intake_options *o,
	char *devargs, size_t size, char *why, size_t why_size)
{
	unsigned queues = facts->combined;
	char program[64];

	if (!xdp_suits(iface, facts, o, why, why_size))
		return false;
	if (!iface_xdp_clean_up(iface, why, why_size))
		return false;
	if (xdp_object(program, sizeof(program)) != 0)
		return snprintf(why, why_size, "the XDP program cannot be given to the driver"), false;
	if (queues > o->workers)
		log_warning(
			"interface %s: found %u queues, expected at most %u, one per worker; packets of the other queues stay "
			"with the host; set fewer queues (ethtool -L %s combined %u), or more workers",
			iface->name, queues, o->workers, iface->name, o->workers);
	snprintf(devargs, size, "iface=%s,start_queue=0,queue_count=%u,xdp_prog=%s,busy_budget=%d,force_copy=%d",
		iface->name, queues < o->workers ? queues : o->workers, program,
		o->busy_poll && !helper_is_on() ? BUSY_POLL_BUDGET : 0, o->xdp_copy);
	return true;
}

uint64_t iface_xdp_locked(const struct rte_mempool *pool, const struct iface_facts *facts,
	const struct intake_options *o)
{
	return (uint64_t)pool->populated_size * (pool->header_size + pool->elt_size + pool->trailer_size) *
	       RTE_MIN(facts->combined, o->workers);
}
