// SPDX-License-Identifier: BSD-3-Clause
// Our XDP program on an interface (bpf/xdp_steer.bpf.c).
//
//     xdp_object ──path──► driver loads it, attaches it, puts its sockets into xsks_map
//     xdp_open   ── finds the program on the interface by its name, fills its maps, says go
//     xdp_close  ── detaches it
//
// DPDK's net_af_xdp loads the program from a file (`xdp_prog=`); the file is in memory. Until
// xdp_open the program leaves everything to the host. After a kill -9 it stays where it is, and
// leaves everything to the host again, since the sockets are gone; xdp_clean_up takes it off.
// Main thread only. Built without libbpf, every function says that there is none (xdp_none.c).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/dns_ports.h"
#include "dataplane/base/prefix.h"
#include "dataplane/common/stats.h"

struct xdp_steering {
	const struct dns_ports *ports; // that speak DNS
	bool all;		       // everything to the socket
	bool queries;		       // packets to a DNS port too
	uint32_t tunnels;	       // enum xdp_steer_tunnel (bpf/shared.h), or XDP_TUNNEL_AUTO
	bool mirror;		       // the host does not use the interface
	uint32_t sample;	       // one of so many pairs of addresses
	const struct prefix_list *src; // of DNS packets to take or leave; empty: all
	const struct prefix_list *dst;
	const struct prefix_list *doh; // addresses that speak DNS over HTTPS
};

struct xdp; // a program on an interface

// True where the program is built in and this process may load it; else one line in `why`.
bool xdp_possible(char *why, size_t why_size);

// Path under which the compiled program can be opened while this process lives. 0 or -errno.
int xdp_object(char *path, size_t path_size);

// Detaches a program of ours that a dead process left on the interface. Returns 1 where there was
// one, 0 where there was nothing of ours, -EBUSY where a living process uses it or another program
// is there (one line in `why`).
int xdp_clean_up(const char *iface, char *why, size_t why_size);

// After the driver has attached the program. NULL with one line in `why`.
struct xdp *xdp_open(const char *iface, const struct xdp_steering *options, char *why, size_t why_size);

// "native" or "generic" (SKB): how the kernel runs it.
const char *xdp_attach_mode(const struct xdp *xdp);

// Other addresses that speak DNS over HTTPS. 0 or -errno.
int xdp_set_doh(const struct xdp *xdp, const struct prefix_list *doh);

// False once somebody took it off, or put another one in its place.
bool xdp_is_attached(const struct xdp *xdp);

// Adds the verdicts so far.
void xdp_read_stats(const struct xdp *xdp, struct port_stats *stats);

// Interface and id of the program, for the helper process to take it off should we end otherwise; 0, 0 for NULL.
void xdp_identity(const struct xdp *xdp, int *ifindex, uint32_t *id);

// Detaches and frees; NULL is fine.
void xdp_close(struct xdp *xdp);

enum { XDP_TUNNEL_AUTO = 1 << 30 }; // all where the host does not use the interface, none where it does

// "gre,vxlan", "all", "auto" or "" → bits of enum xdp_steer_tunnel or XDP_TUNNEL_AUTO. 0, or -EINVAL with what was expected.
int xdp_set_tunnels(uint32_t *tunnels, const char *text, char *why, size_t why_size);
