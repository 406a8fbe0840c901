// SPDX-License-Identifier: BSD-3-Clause
// Interfaces that go away, come back or change while they are captured from.
#include "dataplane/intake/intake.h"

#include <rte_mempool.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

static void close_gone(struct intake *in, unsigned index, const char *why, const struct intake_watch *watch)
{
	struct port *port = &in->ports[index];
	struct iface *iface = port->iface;
	struct port_stats stats;

	log_warning("interface %s: %s", iface->name, why);
	watch->pause(watch->context, index);
	intake_read_stats(in, index, &stats);
	iface_close(iface, port);
	iface->closed = stats;
	iface->gone = true;
	for (unsigned i = 0; port->pool != in->pool && i < IFACE_RETIRED_MAX; i++) {
		if (!iface->retired[i].pool) {
			iface->retired[i].pool = port->pool;
			iface->retired[i].since_ms = monotonic_ms();
			iface->retired[i].whole = 0;
			break;
		}
	}
}

// The longest time that a worker may hold a buffer: fragments in reassembly are held longest.
static double held_s(const struct intake_options *options)
{
	return 2 * options->frag_timeout_s + 5;
}

static void log_wait(struct iface *iface, const struct intake_options *options)
{
	if (!iface->waits)
		log_warning(
			"interface %s: is back for the %dth time in %.0f s; opening it when its previous buffers are free",
			iface->name, IFACE_RETIRED_MAX, held_s(options));
	iface->waits = true;
}

// Whether no worker can hold any of its buffers: all were free at two looks in a row, a second apart, or enough time has passed,
// because AF_XDP does not return the buffers that the kernel had.
static bool is_given_back(struct iface *iface, unsigned i, const struct intake_options *options)
{
	unsigned whole = rte_mempool_full(iface->retired[i].pool) ? iface->retired[i].whole + 1 : 0;

	iface->retired[i].whole = whole;
	return whole >= 2 || (double)(monotonic_ms() - iface->retired[i].since_ms) > 1000 * held_s(options);
}

// Frees pools whose buffers no worker can hold. Returns whether there is room for one more pool.
static bool free_retired(struct iface *iface, const struct intake_options *options)
{
	bool room = false;

	for (unsigned i = 0; i < IFACE_RETIRED_MAX; i++) {
		if (iface->retired[i].pool && is_given_back(iface, i, options)) {
			rte_mempool_free(iface->retired[i].pool);
			iface->retired[i].pool = NULL;
		}
		room |= !iface->retired[i].pool;
	}
	return room;
}

// Logged once; retried each second.
static void log_no_memory(struct iface *iface)
{
	if (!iface->short_of_memory)
		log_error(
			"interface %s: is back, but there is no memory for its packet buffers; retrying; lower rx.descriptors or "
			"frag.datagrams, or reserve more huge pages (scripts/host-setup)",
			iface->name);
	iface->short_of_memory = true;
}

// New buffers: those that the kernel had were lost with the sockets.
static void open_again(struct intake *in, unsigned index, const struct intake_options *options,
	const struct intake_watch *watch)
{
	struct port *port = &in->ports[index];
	struct iface *iface = port->iface;
	struct rte_mempool *pool = port_pool_quiet(options, options->workers, iface_room(iface));

	if (!pool) {
		log_no_memory(iface);
		return;
	}
	iface->short_of_memory = false;
	if (iface_open(iface, port, options, pool) != 0) {
		rte_mempool_free(pool);
		return;
	}
	iface->gone = iface->waits = false;
	watch->resume(watch->context, index);
}

void intake_watch(struct intake *in, const struct intake_options *options, const struct intake_watch *watch)
{
	for (unsigned i = 0; i < in->ports_len; i++) {
		struct iface *iface = in->ports[i].iface;
		if (!iface)
			continue;
		bool room = free_retired(iface, options);
		const char *why = iface->gone ? NULL : iface_trouble(iface);
		if (why)
			close_gone(in, i, why, watch);
		else if (iface->gone && iface_is_there(iface) && room)
			open_again(in, i, options, watch);
		else if (iface->gone && iface_is_there(iface))
			log_wait(iface, options);
	}
}
