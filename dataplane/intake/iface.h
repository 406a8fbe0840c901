// SPDX-License-Identifier: BSD-3-Clause
// A network interface by its name: AF_XDP with our program, AF_PACKET where that cannot be had. An
// interface may be removed while we run; when one of its name is there again it is opened again.
// Main thread only.
#pragma once

#include <stdbool.h>

#include "dataplane/intake/iface_facts.h"
#include "dataplane/privileged/open_files.h"
#include "dataplane/intake/port.h"
#include "dataplane/privileged/xdp.h"

enum { IFACE_FILES_MAX = 128, IFACE_RETIRED_MAX = 8 };

struct iface {
	const char *name;			 // of the interface
	unsigned number;			 // among the --iface
	int index;				 // the kernel's; another one once it was removed and added again
	bool by_xdp;				 // AF_XDP; else AF_PACKET
	bool gone;				 // removed; not yet back
	bool waits;				 // back, but not opened before buffers are free; was said
	bool short_of_memory;			 // back, but there is none for buffers; was said
	struct xdp *xdp;			 // our program on it, or NULL
	char host_uses[200];			 // why the host itself needs it (privileged/iface_use.h), or empty
	bool yields;				 // xdp.program = auto: copied from once the host uses it
	int fds[STATS_WORKERS_MAX];		 // socket of each queue, to wait for
	unsigned fds_len;			 // 0: not known
	unsigned room;				 // octets of the packet buffers that it was opened with
	struct open_file files[IFACE_FILES_MAX]; // that the driver opened
	unsigned files_len;
	unsigned opened;	  // how often
	struct port_stats closed; // counted before it was opened last
	uint64_t packet_drops;	  // of AF_PACKET sockets; reading clears them
	uint64_t too_long;	  // frames that did not fit into those of the AF_XDP sockets
	struct {
		struct rte_mempool *pool; // buffers of before, until no worker holds any of them; or NULL
		uint64_t since_ms;	  // monotonic
		unsigned whole;		  // looks in a row at which no buffer was missing
	} retired[IFACE_RETIRED_MAX];
};

// Octets of a packet buffer that suit the interface as it is now.
unsigned iface_room(const struct iface *iface);

// Opens it as `port`, which is not started yet, with buffers of iface_room. 0, or -1 with logged lines.
int iface_open(struct iface *iface, struct port *port, const struct dataplane_settings *settings,
	struct rte_mempool *pool);

// Stops the port and takes the program off.
void iface_close(struct iface *iface, struct port *port);

// Hands what can be read again to all our programs.
void iface_reload_all(const struct prefix_list *doh);

// Why it is to be closed: "is gone; …", "has longer frames now; …"; NULL: it is well. Valid until the next call.
const char *iface_trouble(const struct iface *iface);

// Whether an interface of its name is there.
bool iface_is_there(const struct iface *iface);

// Adds what DPDK's own counters do not tell; any earlier opening included.
void iface_read_stats(struct iface *iface, struct port_stats *stats);

// Takes all our programs off their interfaces: what must happen even when a run fails. Also called at exit.
void iface_detach_all(void);
