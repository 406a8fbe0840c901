// SPDX-License-Identifier: BSD-3-Clause
// Sources of packets: PCI devices and vdevs of the command line, interfaces by name, captures. Main thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/capture.h"
#include "dataplane/intake/iface.h"
#include "dataplane/intake/port.h"
#include "dataplane/intake/replay.h"
#include "dataplane/intake/intake_options.h"

enum { INTAKE_CAPTURES_MAX = 65536, INTAKE_PIPES_MAX = 16, INTAKE_IFACES_MAX = STATS_PORTS_MAX };

struct intake {
	// requested
	struct capture *captures; // --replay; owned
	unsigned captures_len;
	struct pipe_input *pipes[INTAKE_PIPES_MAX]; // --replay; owned
	unsigned pipes_len;
	struct dnstap_listen *dnstap;		// sockets of dnstap, or NULL; owned. Its ring is the last of `pipes`
	enum intake_damaged damaged;		// what is done with damaged data of pipes
	unsigned unread_len;			// files in folders that cannot be read
	char unread[512];			// "PATH: reason" of the first one
	struct iface ifaces[INTAKE_IFACES_MAX]; // --iface
	unsigned ifaces_len;
	struct capture vdev_captures[STATS_PORTS_MAX]; // rx_pcap= of --vdev net_pcap, which end too
	unsigned vdev_captures_len;
	bool follows; // captures are given to `replay` later (follow/)
	bool waits;   // an interface that does not exist yet is waited for
	bool live;    // there is a source that does not end by itself
	// opened
	struct rte_mempool *pool;
	struct replay *replay; // NULL without --replay
	struct port ports[STATS_PORTS_MAX];
	unsigned ports_len;
};

// Call these before DPDK starts. They return 0, or -1 with one logged line.
int intake_add_capture(struct intake *intake, const char *path); // a capture, a folder of captures, or a pipe ("-")
int intake_add_dnstap(struct intake *intake, const char *list, const char *group); // dnstap_listen.h; once
int intake_add_iface(struct intake *intake, const char *name);			   // must exist, unless `waits` is set
int intake_add_vdev(struct intake *intake, const char *devargs);		   // finds the captures that it names

// Reads through all captures before the first packet is taken. Returns 0, or -1 with one logged line per bad capture.
int intake_check_captures(struct intake *intake, enum intake_damaged damaged);

// Memory for the packet buffers of interfaces with long frames, on top of the usual.
unsigned intake_memory_mib(const struct intake *in, const struct intake_options *options);

// Memory that interfaces may need when they come back, perhaps with longer frames, while the previous buffers are still held.
unsigned intake_spare_mib(const struct intake *in, const struct intake_options *options);

// Opens and starts everything. Call it after eal_start. Returns 0, or -1 with one logged line.
int intake_open(struct intake *intake, const struct intake_options *options);

// Whether the last packet of every capture and pipe was taken, or is in a queue. Never true with a live source.
bool intake_is_over(const struct intake *intake);

bool intake_failed(const struct intake *intake); // a capture changed while it was read, or a pipe failed; logged

// Whether there are captures with packets or pipes, and nothing else: they are read to their end, and nothing may be lost.
bool intake_is_replay(const struct intake *intake);

// Packets taken so far, and packets of all captures (0 with a live source or a pipe: not known).
uint64_t intake_packets(const struct intake *intake);
uint64_t intake_expected(const struct intake *intake);

// Closes the ports of interfaces that have gone or changed, and opens those of interfaces that are back. Calls `pause` before it
// closes a port: when it returns, no worker may poll that port; and `resume` after it has opened one. Call it once a second.
struct intake_watch {
	void (*pause)(void *context, unsigned port);
	void (*resume)(void *context, unsigned port);
	void *context;
};
void intake_watch(struct intake *intake, const struct intake_options *options, const struct intake_watch *watch);

// Counters of a port: of DPDK's driver, of the sockets and the XDP program of an interface, of a replay. Main thread.
void intake_read_stats(const struct intake *intake, unsigned index, struct port_stats *stats);

// Whether there are ports, and all of them capture from loopback interfaces.
bool intake_is_loopback(const struct intake *intake);

void intake_close(struct intake *intake);
