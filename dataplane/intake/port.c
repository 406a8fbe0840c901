// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/port.h"

#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/base/memory.h"
#include "dataplane/common/log.h"

enum {
	POOL_CACHE = 256,     // buffers that an lcore caches
	BURST_RESERVE = 4096, // buffers that workers and a replay hold
	RSS_KEY_MAX = 64,
	BUFFER_HEAD = 256, // octets of the pool and of DPDK before the data
	FRAGMENTS = 8	   // buffers that a datagram in reassembly may hold (librte_ip_frag)
};

static unsigned count_buffers(const struct intake_options *options, unsigned queues)
{
	return queues * options->rx_descriptors + BURST_RESERVE +
	       options->workers * options->frag_datagrams * FRAGMENTS;
}

unsigned port_pool_mib(const struct intake_options *options, unsigned queues, unsigned room)
{
	return (unsigned)((uint64_t)count_buffers(options, queues) * (room + BUFFER_HEAD) >> 20) + 1;
}

struct rte_mempool *port_pool_quiet(const struct intake_options *options, unsigned queues, unsigned room)
{
	static unsigned made;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "packets_%u", made++);
	return rte_pktmbuf_pool_create(name, count_buffers(options, queues), POOL_CACHE, 0, (uint16_t)room,
		SOCKET_ID_ANY);
}

struct rte_mempool *port_pool(const struct intake_options *options, unsigned queues, unsigned room)
{
	struct rte_mempool *pool = port_pool_quiet(options, queues, room);

	if (!pool)
		log_error("packet buffers: no memory for %u of them: %s; lower rx.descriptors or frag.datagrams, or "
			  "reserve more huge pages (scripts/host-setup)",
			count_buffers(options, queues), rte_strerror(rte_errno));
	return pool;
}

// Both directions of a conversation on one queue: the repeated 16-bit pattern makes the Toeplitz hash
// symmetric (Woo and Park, "Scalable TCP session monitoring with symmetric receive-side scaling").
// Only addresses are hashed, so that fragments, which have no ports, come to the same queue.
static void choose_rss(struct rte_eth_conf *conf, const struct rte_eth_dev_info *info, uint16_t queues)
{
	static uint8_t key[RSS_KEY_MAX];
	uint64_t wanted = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_IPV6 |
			  RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER;

	for (size_t i = 0; i < sizeof(key); i += 2) {
		key[i] = 0x6d;
		key[i + 1] = 0x5a;
	}
	wanted &= info->flow_type_rss_offloads;
	if (queues < 2 || wanted == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = wanted;
	if (info->hash_key_size > 0 && info->hash_key_size <= RSS_KEY_MAX) {
		conf->rx_adv_conf.rss_conf.rss_key = key;
		conf->rx_adv_conf.rss_conf.rss_key_len = info->hash_key_size;
	}
}

static int fail(const struct port *port, const char *what, int error)
{
	log_error("port %s: cannot %s: %s", port->name, what, rte_strerror(error < 0 ? -error : error));
	return -1;
}

static int configure(struct port *port, const struct rte_eth_dev_info *info, const struct intake_options *options,
	struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE};
	uint16_t descriptors = (uint16_t)options->rx_descriptors, tx_descriptors = 64;

	choose_rss(&conf, info, port->queues);
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) // for frames longer than one buffer
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	// some drivers pair queues: one TX queue per RX queue, never used
	uint16_t tx_queues = info->max_tx_queues < port->queues ? info->max_tx_queues : port->queues;
	int result = rte_eth_dev_configure(port->id, port->queues, tx_queues, &conf);
	if (result < 0)
		return fail(port, "configure it", result);
	rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &descriptors, &tx_descriptors);
	for (uint16_t q = 0; q < port->queues; q++) {
		result = rte_eth_rx_queue_setup(port->id, q, descriptors, (unsigned)rte_eth_dev_socket_id(port->id),
			NULL, pool);
		if (result < 0)
			return fail(port, "set up an RX queue", result);
	}
	for (uint16_t q = 0; q < tx_queues; q++) {
		result = rte_eth_tx_queue_setup(port->id, q, tx_descriptors, (unsigned)rte_eth_dev_socket_id(port->id),
			NULL);
		if (result < 0)
			return fail(port, "set up a TX queue", result);
	}
	return 0;
}

int port_start(struct port *port, uint16_t id, const struct intake_options *options, struct rte_mempool *pool)
{
	const unsigned workers = options->workers;
	struct rte_eth_dev_info info;
	char name[RTE_ETH_NAME_MAX_LEN];

	port->id = id;
	port->pool = pool;
	if (rte_eth_dev_get_name_by_port(id, name) != 0)
		snprintf(name, sizeof(name), "%u", id);
	snprintf(port->name, sizeof(port->name), "%.*s", (int)sizeof(port->name) - 1, name);
	int result = rte_eth_dev_info_get(id, &info);
	if (result < 0)
		return fail(port, "read its capabilities", result);
	port->queues = (uint16_t)(workers < info.max_rx_queues ? workers : info.max_rx_queues);
	port->is_device = strncmp(name, "net_", 4) != 0 && strncmp(name, "eth_", 4) != 0;
	bool isolate = port->isolate && port_isolate_begin(port);
	if (configure(port, &info, options, pool) != 0)
		return -1;
	result = rte_eth_dev_start(id);
	if (result < 0)
		return fail(port, "start it", result);
	memory_conceal_sockets();
	port->cut_size = 0;
	if (strncmp(name, "net_af_packet", 13) == 0)
		port_packet_prepare(port, info.device);
	if (isolate)
		port_isolate_fill(port, options->dns_ports);
	result = rte_eth_promiscuous_enable(id);
	if (result < 0 && result != -ENOTSUP)
		log_warning("port %s: cannot be made promiscuous: %s; only packets to its own address come", port->name,
			rte_strerror(-result));
	log_info("port %s: driver %s, %u queue%s%s", port->name, info.driver_name, port->queues,
		port->queues == 1 ? "" : "s",
		port->queues < workers ? " (fewer than workers: the others get no packets from it)" : "");
	return 0;
}

void port_stop(const struct port *port)
{
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
}

void port_read_stats(const struct port *port, struct port_stats *stats)
{
	struct rte_eth_stats s;
	struct rte_eth_link link;

	memset(stats, 0, sizeof(*stats));
	if (rte_eth_stats_get(port->id, &s) == 0) {
		stats->ipackets = s.ipackets;
		stats->ibytes = s.ibytes;
		stats->imissed = s.imissed;
		stats->ierrors = s.ierrors;
		stats->rx_nombuf = s.rx_nombuf;
	}
	if (rte_eth_link_get_nowait(port->id, &link) == 0) {
		stats->link_up = link.link_status;
		stats->link_speed =
			link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed * UINT64_C(125000);
	}
}
