// SPDX-License-Identifier: BSD-3-Clause
// A network interface by its name: AF_XDP with our program, AF_PACKET where that cannot be had. An
// interface may be removed while we run; when one of its name is there again it is opened again.
// Main thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/intake/iface_facts.h"
#include "dataplane/privileged/xdp_files.h"
#include "dataplane/intake/intake_options.h"
#include "dataplane/intake/port.h"
#include "dataplane/privileged/xdp.h"

enum { IFACE_FILES_MAX = 128, IFACE_RETIRED_MAX = 8 };

struct iface {
	const char *name;			// of the interface
	unsigned number;			// among the --iface
	int index;				// the kernel's; another one once it was removed and added again
	bool by_xdp;				// AF_XDP; else AF_PACKET
	bool gone;				// removed; not yet back
	bool waits;				// back, but not opened before buffers are free; was said
	bool short_of_memory;			// back, but there is none for buffers; was said
	struct xdp *xdp;			// our program on it, or NULL
	char host_uses[200];			// why the host itself needs it (privileged/iface_use.h), or empty
	bool yields;				// xdp.program = auto: copied from once the host uses it
	int fds[STATS_WORKERS_MAX];		// socket of each queue, to wait for
	unsigned fds_len;			// 0: not known
	unsigned room;				// octets of the packet buffers that it was opened with
	struct xdp_file files[IFACE_FILES_MAX]; // that the driver opened
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
int iface_open(struct iface *iface, struct port *port, const struct intake_options *o, struct rte_mempool *pool);

// Stops the port and takes the program off.
void iface_close(struct iface *iface, struct port *port);

// Why it is to be closed: "is gone; …", "has longer frames now; …"; NULL: it is well. Valid until the next call.
const char *iface_trouble(const struct iface *iface);

// Whether an interface of its name is there.
bool iface_is_there(const struct iface *iface);

// Adds what DPDK's own counters do not tell; any earlier opening included.
void iface_read_stats(struct iface *iface, struct port_stats *stats);

// iface_xdp.c ────────────────────────────────────────────────────────────────────────────────

// Writes the arguments of DPDK's net_af_xdp. Returns false with the reason in `why` if AF_XDP is not possible or not wanted.
bool iface_xdp_arguments(const struct iface *iface, const struct iface_facts *facts, const struct intake_options *o,
	char *devargs, size_t size, char *why, size_t why_size);

// Octets that AF_XDP locks in memory: all buffers, once per queue.
uint64_t iface_xdp_locked(const struct rte_mempool *pool, const struct iface_facts *facts,
	const struct intake_options *o);

// Fills the maps of the program that the driver has attached, and starts it. NULL with one logged line.
struct xdp *iface_xdp_attach(const struct iface *iface, const struct intake_options *o);

// Detaches iface->xdp; NULL is fine.
void iface_xdp_detach(struct iface *iface);

// Detaches the program of an earlier run that could not end by itself. Returns false with the reason in `why` if a program
// stays on the interface.
bool iface_xdp_clean_up(const struct iface *iface, char *why, size_t why_size);

// Whether the driver puts packets of this socket into our buffers without a copy.
bool iface_xdp_is_zero_copy(int fd);

// Hands what can be read again to all our programs.
void iface_reload_all(const struct prefix_list *doh);

// Takes all our programs off their interfaces: what must happen even when a run fails. Also called at exit.
void iface_detach_all(void);
