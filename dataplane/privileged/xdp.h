// SPDX-License-Identifier: BSD-3-Clause
// Our XDP program on an interface (bpf/xdp_steer.bpf.c).
//
//     xdp_object ──path──► the driver loads it, attaches it, puts its sockets into xsks_map
//     xdp_open   ── finds the program on the interface by its name, fills its maps, starts it
//     xdp_close  ── detaches it
//
// DPDK's net_af_xdp loads the program from a file (`xdp_prog=`), which is in memory. Before xdp_open the program leaves all
// packets to the host. After a kill -9 it stays on the interface and leaves all packets to the host, because the sockets are
// gone; xdp_clean_up detaches it. Main thread only. In a build without libbpf, xdp_none.c replaces xdp.c and xdp_attach.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/dns_ports.h"
#include "dataplane/base/prefix.h"
#include "dataplane/common/stats.h"

struct xdp_steering {
	const struct dns_ports *ports; // of DNS
	bool all;		       // steer all packets
	bool queries;		       // steer packets to a DNS port too, not only from one
	uint32_t tunnels;	       // enum xdp_steer_tunnel (bpf/shared.h), or XDP_TUNNEL_AUTO
	bool mirror;		       // the host does not use the interface
	uint32_t sample;	       // one of so many pairs of addresses
	const struct prefix_list *src; // of DNS packets to steer or leave; empty: all
	const struct prefix_list *dst;
	const struct prefix_list *doh; // addresses of DNS over HTTPS
};

struct xdp; // a program on an interface

// Whether the program is built in and may be loaded; if not, one line in `why`.
bool xdp_possible(char *why, size_t why_size);

// Writes a path of the compiled program, valid while this process lives. Returns 0 or -errno.
int xdp_object(char *path, size_t path_size);

// Detaches our program if a dead process left it on the interface. Returns 1 if it did, 0 if there is no program, -EBUSY with
// one line in `why` if a living process uses it or another program is there.
int xdp_clean_up(const char *iface, char *why, size_t why_size);

// Call it after the driver has attached the program. Returns NULL with one line in `why` on failure.
struct xdp *xdp_open(const char *iface, const struct xdp_steering *options, char *why, size_t why_size);

// "native" (in the driver) or "generic" (SKB).
const char *xdp_attach_mode(const struct xdp *xdp);

// Replaces the addresses of DNS over HTTPS. Returns 0 or -errno.
int xdp_set_doh(const struct xdp *xdp, const struct prefix_list *doh);

// False if someone detached or replaced it.
bool xdp_is_attached(const struct xdp *xdp);

// Adds the program's counters.
void xdp_read_stats(const struct xdp *xdp, struct port_stats *stats);

// Index of the interface and id of the program, so that the helper process can detach it; 0, 0 for NULL.
void xdp_identity(const struct xdp *xdp, int *ifindex, uint32_t *id);

// Detaches and frees; NULL is fine.
void xdp_close(struct xdp *xdp);

enum { XDP_TUNNEL_AUTO = 1 << 30 }; // all if the host does not use the interface, else none

// "gre,vxlan", "all", "auto" or "" → bits of enum xdp_steer_tunnel, or XDP_TUNNEL_AUTO. Returns 0, or -EINVAL with what was
// expected.
int xdp_set_tunnels(uint32_t *tunnels, const char *text, char *why, size_t why_size);
