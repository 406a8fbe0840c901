// SPDX-License-Identifier: BSD-3-Clause
// A DPDK port: one RX queue per worker, symmetric RSS if the driver has RSS, packet buffers. Knows no interface and no replay.
// Main thread only.
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
	uint16_t id;		   // of DPDK; not set for a replay
	uint16_t queues;	   // RX queues, at most one per worker
	enum link_kind link;	   // how its frames begin
	bool packet_time;	   // its packets carry the time of capture
	uint32_t cut_size;	   // octets at which longer frames are cut (port_packet.c); 0: never
	bool isolate;		   // ask the card for DNS alone (port_isolate.c)
	bool is_device;		   // a PCI device, which is worth polling without a pause
	struct replay *replay;	   // intake.c: the captures that it stands for, or NULL
	struct iface *iface;	   // intake.c: the interface that it captures from, or NULL
	bool is_loopback;	   // it captures from a loopback interface
	struct rte_mempool *pool;  // its buffers
	uint64_t expected_packets; // packets of the captures of net_pcap; 0: does not end
	char name[STATS_PORT_NAME_SIZE];
};

// Creates a pool of buffers of `room` octets, headroom included, for ports with `queues` queues in total. Returns NULL with one
// logged line if there is no memory.
struct rte_mempool *port_pool(const struct intake_options *options, unsigned queues, unsigned room);

// The same without the logged line.
struct rte_mempool *port_pool_quiet(const struct intake_options *options, unsigned queues, unsigned room);

// Memory of such a pool, roughly, in MiB.
unsigned port_pool_mib(const struct intake_options *options, unsigned queues, unsigned room);

// Configures and starts DPDK port `id` with up to one queue per worker. Returns 0 or -1 with one logged line.
int port_start(struct port *port, uint16_t id, const struct intake_options *options, struct rte_mempool *pool);

// port_isolate.c: only DNS from a card that can filter. Call begin before start; if it returned true, call fill afterwards. If the
// driver cannot filter, one warning, and all packets come.
bool port_isolate_begin(const struct port *port);
void port_isolate_fill(const struct port *port, const struct dns_ports *ports);

// port_packet.c: for ports of net_af_packet, after they are started. Sets port->cut_size and port->is_loopback, and makes each packet
// of a loopback interface come only once.
void port_packet_prepare(struct port *port, const struct rte_device *device);

void port_stop(const struct port *port);

// Reads the counters of DPDK's driver, and the link. Any thread.
void port_read_stats(const struct port *port, struct port_stats *stats);
