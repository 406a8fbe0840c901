// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/intake.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/intake/dnstap_listen.h"
#include "dataplane/intake/pipe_input.h"

int intake_add_iface(struct intake *in, const char *name)
{
	if (if_nametoindex(name) == 0 && !in->waits) {
		log_error("--iface: found no interface '%s'; ip link lists them", name);
		return -1;
	}
	if (in->ifaces_len == INTAKE_IFACES_MAX) {
		log_error("--iface: found more than %d interfaces, expected at most that", INTAKE_IFACES_MAX);
		return -1;
	}
	in->ifaces[in->ifaces_len] = (struct iface){.name = name, .number = in->ifaces_len};
	in->ifaces_len++;
	in->live = true;
	return 0;
}

int intake_add_dnstap(struct intake *in, const char *list, const char *group)
{
	char why[512];

	if (in->pipes_len == INTAKE_PIPES_MAX) {
		log_error("dnstap: found %d pipes besides, expected fewer", INTAKE_PIPES_MAX);
		return -1;
	}
	in->dnstap = dnstap_listen_open(list, group, why, sizeof(why));
	struct pipe_input *ring = in->dnstap ? pipe_input_new("dnstap") : NULL;
	if (!ring) {
		log_error("dnstap: %s", in->dnstap ? "no memory" : why);
		return -1;
	}
	in->pipes[in->pipes_len++] = ring;
	in->live = true;
	return 0;
}

// Adds each rx_pcap= file of a net_pcap device. The link type of the first one is that of the port.
static int add_vdev_captures(struct intake *in, const char *devargs)
{
	char path[4096];

	for (const char *at = strstr(devargs, "rx_pcap="); at; at = strstr(at + 1, "rx_pcap=")) {
		const char *start = at + strlen("rx_pcap=");
		snprintf(path, sizeof(path), "%.*s", (int)strcspn(start, ","), start);
		char *kept = strdup(path);
		if (!kept || in->vdev_captures_len == STATS_PORTS_MAX) {
			log_error("--vdev: found more than %d captures, expected at most that", STATS_PORTS_MAX);
			return -1;
		}
		in->vdev_captures[in->vdev_captures_len++] = (struct capture){.path = kept};
	}
	return 0;
}

int intake_add_vdev(struct intake *in, const char *devargs)
{
	bool is_capture = strstr(devargs, "net_pcap") == devargs && strstr(devargs, "rx_pcap=");

	if (!is_capture || strstr(devargs, "infinite_rx=1"))
		in->live = true;
	return is_capture ? add_vdev_captures(in, devargs) : 0;
}

// Starts a DPDK port and adds it.
static int start_port(struct intake *in, uint16_t id, const struct intake_options *options, enum link_kind link,
	bool packet_time)
{
	struct port *port = &in->ports[in->ports_len];

	if (in->ports_len == STATS_PORTS_MAX) {
		log_error("ports: found more than %d, expected at most that", STATS_PORTS_MAX);
		return -1;
	}
	port->isolate = options->isolate;
	if (port_start(port, id, options, in->pool) != 0)
		return -1;
	port->link = link;
	port->packet_time = packet_time;
	in->ports_len++;
	return 0;
}

// intake_watch opens it.
static void await_iface(struct port *port, const struct intake_options *options)
{
	log_warning("interface %s: does not exist yet; waiting for it", port->iface->name);
	port->iface->gone = true;
	port->queues = (uint16_t)options->workers;
	snprintf(port->name, sizeof(port->name), "%s", port->iface->name);
}

static int open_iface(struct intake *in, unsigned index, const struct intake_options *options)
{
	struct port *port = &in->ports[in->ports_len];

	if (in->ports_len == STATS_PORTS_MAX) {
		log_error("ports: found more than %d, expected at most that", STATS_PORTS_MAX);
		return -1;
	}
	unsigned room = iface_room(&in->ifaces[index]);
	struct rte_mempool *pool = room > IFACE_ROOM_USUAL ? port_pool(options, options->workers, room) : in->pool;
	port->iface = &in->ifaces[index];
	if (!iface_is_there(port->iface)) {
		await_iface(port, options);
		in->ports_len++;
		return 0;
	}
	if (!pool || iface_open(&in->ifaces[index], port, options, pool) != 0)
		return -1;
	in->ports_len++;
	return 0;
}

static int open_replay(struct intake *in, const struct intake_options *options)
{
	struct port *port = &in->ports[in->ports_len];

	if (in->ports_len == STATS_PORTS_MAX) {
		log_error("ports: found more than %d, expected at most that", STATS_PORTS_MAX);
		return -1;
	}
	for (unsigned i = 0; i < in->pipes_len; i++) {
		if (pipe_input_start(in->pipes[i], in->damaged) != 0) {
			log_error("--replay: no memory for %s", pipe_input_name(in->pipes[i]));
			return -1;
		}
	}
	if (in->dnstap && dnstap_listen_start(in->dnstap, in->pipes[in->pipes_len - 1]) != 0) {
		log_error("dnstap: no memory for a thread");
		return -1;
	}
	const struct replay_sources sources = {in->captures, in->captures_len, in->pipes, in->pipes_len};
	in->replay = replay_new(&sources, options->workers, options->pause_us, in->pool);
	if (!in->replay)
		return -1;
	*port = (struct port){.replay = in->replay,
		.queues = (uint16_t)options->workers,
		.link = LINK_KIND_MAX,
		.packet_time = true,
		.name = "replay"};
	in->ports_len++;
	return 0;
}

// Ports that the command line named to DPDK.
static int open_devices(struct intake *in, const struct intake_options *options)
{
	unsigned captures = 0;
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id)
	{
		char name[RTE_ETH_NAME_MAX_LEN] = "";
		rte_eth_dev_get_name_by_port(id, name);
		bool is_pcap = strncmp(name, "net_pcap", 8) == 0;
		bool has_capture = is_pcap && captures < in->vdev_captures_len;
		enum link_kind link = has_capture ? in->vdev_captures[captures].link : LINK_KIND_ETHERNET;
		if (start_port(in, id, options, link, is_pcap) != 0)
			return -1;
		struct port *port = &in->ports[in->ports_len - 1];
		// each queue of a net_pcap port reads its own capture
		for (unsigned q = 0; has_capture && q < port->queues && captures < in->vdev_captures_len; q++)
			port->expected_packets += in->vdev_captures[captures++].packets;
	}
	return 0;
}

int intake_open(struct intake *in, const struct intake_options *options)
{
	unsigned queues = options->workers * (rte_eth_dev_count_avail() + in->ifaces_len + 1);

	in->pool = port_pool(options, queues, IFACE_ROOM_USUAL);
	if (!in->pool || open_devices(in, options) != 0)
		return -1;
	for (unsigned i = 0; i < in->ifaces_len; i++)
		if (open_iface(in, i, options) != 0)
			return -1;
	if ((in->follows || in->captures_len + in->pipes_len > 0) && open_replay(in, options) != 0)
		return -1;
	if (in->ports_len > 0)
		return 0;
	log_error(
		"ports: found none; give --iface NAME, -a PCI, --vdev DEVICE or --replay FILE (--help shows examples)");
	return -1;
}

void intake_read_stats(const struct intake *in, unsigned index, struct port_stats *stats)
{
	const struct port *port = &in->ports[index];

	memset(stats, 0, sizeof(*stats));
	if (port->replay)
		stats->ipackets = replay_packets(port->replay);
	else if (!port->iface || !port->iface->gone)
		port_read_stats(port, stats);
	if (port->iface)
		iface_read_stats(port->iface, stats);
}

// Whether a capture that DPDK's net_pcap reads has ended.
static bool port_is_over(const struct port *port)
{
	struct port_stats stats;

	port_read_stats(port, &stats);
	return stats.ipackets + stats.ierrors + stats.rx_nombuf + stats.imissed >= port->expected_packets;
}

bool intake_is_replay(const struct intake *in)
{
	return in->pipes_len > 0 ? !in->live : intake_expected(in) > 0;
}

bool intake_is_over(const struct intake *in)
{
	if (in->live || in->captures_len + in->vdev_captures_len + in->pipes_len == 0)
		return false;
	for (unsigned i = 0; i < in->ports_len; i++)
		if (in->ports[i].expected_packets > 0 && !port_is_over(&in->ports[i]))
			return false;
	return !in->replay || replay_is_done(in->replay);
}

unsigned intake_spare_mib(const struct intake *in, const struct intake_options *options)
{
	return in->ifaces_len * port_pool_mib(options, options->workers, IFACE_ROOM_LONGEST);
}

unsigned intake_memory_mib(const struct intake *in, const struct intake_options *options)
{
	unsigned mib = 0;

	for (unsigned i = 0; i < in->ifaces_len; i++) {
		unsigned room = iface_room(&in->ifaces[i]);
		if (room > IFACE_ROOM_USUAL)
			mib += port_pool_mib(options, options->workers, room);
	}
	return mib;
}

bool intake_failed(const struct intake *in)
{
	return in->replay && replay_failed(in->replay);
}

uint64_t intake_packets(const struct intake *in)
{
	uint64_t packets = in->replay ? replay_packets(in->replay) : 0;

	for (unsigned i = 0; i < in->ports_len; i++) {
		struct port_stats stats;
		if (in->ports[i].expected_packets == 0)
			continue;
		port_read_stats(&in->ports[i], &stats);
		packets += stats.ipackets;
	}
	return packets;
}

uint64_t intake_expected(const struct intake *in)
{
	uint64_t packets = 0;

	if (in->live || in->pipes_len > 0)
		return 0;
	for (unsigned i = 0; i < in->captures_len; i++)
		packets += in->captures[i].packets;
	for (unsigned i = 0; i < in->vdev_captures_len; i++)
		packets += in->vdev_captures[i].packets;
	return packets;
}

bool intake_is_loopback(const struct intake *in)
{
	for (unsigned i = 0; i < in->ports_len; i++)
		if (!in->ports[i].is_loopback)
			return false;
	return in->ports_len > 0;
}

void intake_close(struct intake *in)
{
	replay_free(in->replay);
	in->replay = NULL;
	if (in->dnstap) {
		pipe_input_stop(in->pipes[in->pipes_len - 1]);
		dnstap_listen_close(in->dnstap);
		in->dnstap = NULL;
	}
	for (unsigned i = 0; i < in->pipes_len; i++)
		pipe_input_close(in->pipes[i]);
	in->pipes_len = 0;
	for (unsigned i = 0; i < in->ports_len; i++) {
		if (in->ports[i].iface && !in->ports[i].iface->gone)
			iface_close(in->ports[i].iface, &in->ports[i]);
		else if (!in->ports[i].iface && !in->ports[i].replay)
			port_stop(&in->ports[i]);
	}
	in->ports_len = 0;
	free(in->captures);
	in->captures = NULL;
	in->captures_len = 0;
}
