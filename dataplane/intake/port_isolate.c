// SPDX-License-Identifier: BSD-3-Clause
// Only DNS from a card that can filter (rte_flow): the card drops all other packets at no cost for the host. Packets in tunnels and
// later fragments show no DNS port, so this is for taps without them.
#include "dataplane/intake/port.h"

#include <rte_flow.h>

#include "dataplane/common/log.h"

// One rule: packets of that IP version and transport with source (or destination) port `dns_port`, spread over all queues, or to
// the only one.
static int add_rule(const struct port *port, bool ipv6, bool tcp, bool source, uint16_t dns_port,
	struct rte_flow_error *error)
{
	const struct rte_flow_attr attributes = {.ingress = 1};
	rte_be16_t number = rte_cpu_to_be_16(dns_port), all = RTE_BE16(0xffff);
	struct rte_flow_item_udp udp = {.hdr = {.src_port = source ? number : 0, .dst_port = source ? 0 : number}};
	struct rte_flow_item_udp udp_mask = {.hdr = {.src_port = source ? all : 0, .dst_port = source ? 0 : all}};
	struct rte_flow_item_tcp tcp_item = {.hdr = {.src_port = udp.hdr.src_port, .dst_port = udp.hdr.dst_port}};
	struct rte_flow_item_tcp tcp_mask = {
		.hdr = {.src_port = udp_mask.hdr.src_port, .dst_port = udp_mask.hdr.dst_port}};
	const struct rte_flow_item pattern[] = {{.type = RTE_FLOW_ITEM_TYPE_ETH},
		{.type = ipv6 ? RTE_FLOW_ITEM_TYPE_IPV6 : RTE_FLOW_ITEM_TYPE_IPV4},
		{.type = tcp ? RTE_FLOW_ITEM_TYPE_TCP : RTE_FLOW_ITEM_TYPE_UDP,
			.spec = tcp ? (const void *)&tcp_item : &udp,
			.mask = tcp ? (const void *)&tcp_mask : &udp_mask},
		{.type = RTE_FLOW_ITEM_TYPE_END}};
	uint16_t queues[STATS_WORKERS_MAX];
	const struct rte_flow_action_queue queue = {.index = 0};
	const struct rte_flow_action_rss rss = {.queue = queues, .queue_num = port->queues};
	const struct rte_flow_action actions[] = {
		{.type = port->queues > 1 ? RTE_FLOW_ACTION_TYPE_RSS : RTE_FLOW_ACTION_TYPE_QUEUE,
			.conf = port->queues > 1 ? (const void *)&rss : &queue},
		{.type = RTE_FLOW_ACTION_TYPE_END}};

	for (uint16_t q = 0; q < port->queues; q++)
		queues[q] = q;
	return rte_flow_create(port->id, &attributes, pattern, actions, error) ? 0 : -1;
}

static int add_rules(const struct port *port, const struct dns_ports *ports, struct rte_flow_error *error)
{
	for (unsigned number = 1; number <= UINT16_MAX; number++) {
		if (!dns_ports_has(ports, (uint16_t)number))
			continue;
		for (int kind = 0; kind < 8; kind++)
			if (add_rule(port, kind & 1, kind & 2, kind & 4, (uint16_t)number, error) != 0)
				return -1;
	}
	return 0;
}

bool port_isolate_begin(const struct port *port)
{
	struct rte_flow_error error = {0};

	if (rte_flow_isolate(port->id, 1, &error) == 0)
		return true;
	log_warning("port %s: nic.isolate: not possible: %s; all packets come to the workers", port->name,
		error.message ? error.message : "the driver does not support it");
	return false;
}

void port_isolate_fill(const struct port *port, const struct dns_ports *ports)
{
	struct rte_flow_error error = {0};

	if (add_rules(port, ports, &error) == 0) {
		log_info("port %s: the card passes only DNS", port->name);
		return;
	}
	log_warning("port %s: nic.isolate: a rule was rejected: %s; all packets come to the workers", port->name,
		error.message ? error.message : "the driver gives no reason");
	rte_flow_flush(port->id, &error);
	rte_flow_isolate(port->id, 0, &error);
}
