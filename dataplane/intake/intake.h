// SPDX-License-Identifier: BSD-3-Clause
// Where packets come from: devices and vdevs of the command line, interfaces by name, captures.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/capture.h"
#include "dataplane/intake/iface.h"
#include "dataplane/intake/port.h"
#include "dataplane/intake/replay.h"
#include "dataplane/intake/intake_options.h"

enum { INTAKE_CAPTURES_MAX = 65536, INTAKE_IFACES_MAX = STATS_PORTS_MAX };

struct intake {
	// asked for
	struct capture *captures; // --replay; owned
	unsigned captures_len;
	struct iface ifaces[INTAKE_IFACES_MAX]; // --iface
	unsigned ifaces_len;
	struct capture vdev_captures[STATS_PORTS_MAX]; // rx_pcap= of a --vdev net_pcap: they end too
	unsigned vdev_captures_len;
	bool live; // something that does not end by itself is among the vdevs and devices
	// open
	struct rte_mempool *pool;
	struct replay *replay; // NULL without --replay
	struct port ports[STATS_PORTS_MAX];
	unsigned ports_len;
};

// Before DPDK starts: 0, or -1 with one logged line.
int intake_add_capture(struct intake *intake, const char *path); // or a folder of them
int intake_add_iface(struct intake *intake, const char *name);
int intake_add_vdev(struct intake *intake, const char *devargs); // looks for captures in it

// Looks through all captures, before one of them is taken from. 0, or -1 with a logged line for each that cannot be.
int intake_check_captures(struct intake *intake, enum intake_damaged damaged);

// Memory for packet buffers besides the usual: of interfaces with long frames.
unsigned intake_memory_mib(const struct intake *in, const struct intake_options *options);

// What interfaces may take besides when they come back, with longer frames perhaps, while the buffers of before are still held.
unsigned intake_spare_mib(const struct intake *in, const struct intake_options *options);

// Opens and starts everything; after eal_start. 0, or -1 with one logged line.
int intake_open(struct intake *intake, const struct intake_options *options);

// True where all there is to come is known and has come: the last packet of each capture waits in
// a queue or was taken. Never true while something live is open.
bool intake_is_over(const struct intake *intake);

bool intake_failed(const struct intake *intake);

// Packets so far, and of all captures together (0 while something live is open).
uint64_t intake_packets(const struct intake *intake);
uint64_t intake_expected(const struct intake *intake);

// Looks whether interfaces were removed or are there again, and closes and opens their ports. Around
// that it calls `pause`, after which no worker may poll the port of that index, and `resume`. Once a
// second is enough.
struct intake_watch {
	void (*pause)(void *context, unsigned port);
	void (*resume)(void *context, unsigned port);
	void *context;
};
void intake_watch(struct intake *intake, const struct intake_options *options, const struct intake_watch *watch);

// Counters of a port: of DPDK's driver, of the sockets and the XDP program of an interface, of a replay. Main thread.
void intake_read_stats(const struct intake *intake, unsigned index, struct port_stats *stats);

void intake_close(struct intake *intake);
