// SPDX-License-Identifier: BSD-3-Clause
// DPDK ports: set up with one queue a worker, symmetric RSS where there is RSS, and the buffers.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/link_kind.h"
#include "dataplane/intake/intake_options.h"
#include "dataplane/common/stats.h"

struct iface;
struct replay;
struct rte_device;
struct rte_mempool;

struct port {
	uint16_t id;		   // DPDK port, unless `replay`
	uint16_t queues;	   // receive queues, at most one a worker
	enum link_kind link;	   // how its frames begin
	bool packet_time;	   // its packets carry their capture's time
	uint32_t cut_size;	   // octets at which longer frames are cut (port_packet.c); 0: none is
	bool isolate;		   // ask the card for DNS alone (port_isolate.c)
	bool is_device;		   // a PCI device: worth polling without a pause
	struct replay *replay;	   // intake.c: the captures that it stands for, or NULL
	struct iface *iface;	   // intake.c: the interface that it captures from, or NULL
	struct rte_mempool *pool;  // its buffers
	uint64_t expected_packets; // a capture that ends: how many packets it has; 0: goes on for ever
	char name[STATS_PORT_NAME_SIZE];
};

// Buffers of `room` octets, headroom included, for ports of so many queues together. NULL and one logged line when out of
// memory.
struct rte_mempool *port_pool(const struct intake_options *options, unsigned queues, unsigned room);

// The same without the line.
struct rte_mempool *port_pool_quiet(const struct intake_options *options, unsigned queues, unsigned room);

// Memory that those take, about, in MiB.
unsigned port_pool_mib(const struct intake_options *options, unsigned queues, unsigned room);

// Configures and starts DPDK port `id` with up to one queue per worker. Returns 0 or -1 with one logged line.
int port_start(struct port *port, uint16_t id, const struct intake_options *options, struct rte_mempool *pool);

// DNS alone from a card that can tell it apart (port_isolate.c): begin before the port is started, fill
// after, where that was true. Where the driver cannot, one warning, and everything comes as without.
bool port_isolate_begin(const struct port *port);
void port_isolate_fill(const struct port *port, const struct dns_ports *ports);

// What AF_PACKET ports need besides (port_packet.c): frames are cut at port->cut_size, and of a loopback interface
// each packet comes once. After the port is started.
void port_packet_prepare(struct port *port, const struct rte_device *device);

void port_stop(const struct port *port);

// Reads the counters of DPDK's driver, and the link. Any thread.
void port_read_stats(const struct port *port, struct port_stats *stats);
