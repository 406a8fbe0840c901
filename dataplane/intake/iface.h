// SPDX-License-Identifier: BSD-3-Clause
// A network interface by its name: AF_XDP with our program, or AF_PACKET if that is not possible. An interface may be removed at any
// time; when one of the same name appears, it is opened again. Main thread only.
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
	const char *name;			// as given to --iface
	unsigned number;			// among the --iface
	int index;				// of the kernel; changes when the interface is removed and added again
	bool by_xdp;				// AF_XDP; else AF_PACKET
	bool gone;				// removed, and not opened again yet
	bool waits;				// back, but waits for free buffers; logged
	bool short_of_memory;			// back, but there is no memory for buffers; logged
	struct xdp *xdp;			// our program on it, or NULL
	char host_uses[200];			// how the host itself uses it (privileged/iface_use.h); or empty
	bool yields;				// xdp.program = auto: captured by copy if the host uses it
	int fds[STATS_WORKERS_MAX];		// socket of each queue, to sleep on
	unsigned fds_len;			// 0: unknown
	unsigned room;				// octets of its packet buffers
	struct xdp_file files[IFACE_FILES_MAX]; // opened by the driver
	unsigned files_len;
	unsigned opened;	  // how often
	struct port_stats closed; // counters of all earlier openings
	uint64_t packet_drops;	  // of AF_PACKET sockets; reading clears them
	uint64_t too_long;	  // frames that did not fit into those of the AF_XDP sockets
	struct {
		struct rte_mempool *pool; // previous buffers, kept until no worker holds one; or NULL
		uint64_t since_ms;	  // monotonic
		unsigned whole;		  // consecutive looks at which all buffers were free
	} retired[IFACE_RETIRED_MAX];
};

// Octets of a packet buffer for the interface as it is now.
unsigned iface_room(const struct iface *iface);

// Opens it as `port`, which is not started yet, with buffers of iface_room. Returns 0, or -1 with logged lines.
int iface_open(struct iface *iface, struct port *port, const struct intake_options *o, struct rte_mempool *pool);

// Stops the port and detaches the program.
void iface_close(struct iface *iface, struct port *port);

// Returns why it must be closed: "is gone; …", "has longer frames now; …"; or NULL. Valid until the next call.
const char *iface_trouble(const struct iface *iface);

// Whether an interface of its name exists.
bool iface_is_there(const struct iface *iface);

// Adds the counters that DPDK's driver does not have, and those of earlier openings.
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

// Gives the addresses of DNS over HTTPS, after they were read again, to all our programs.
void iface_reload_all(const struct prefix_list *doh);

// Detaches all our programs, also when a run fails. Called at exit too.
void iface_detach_all(void);
