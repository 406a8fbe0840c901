// SPDX-License-Identifier: BSD-3-Clause
// What the intake is asked to do. control/settings.c fills it from the settings, which own the texts and the ports.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/dns_ports.h"

// What is done with a capture that is damaged or cut off.
enum intake_damaged { INTAKE_DAMAGED_REFUSE, INTAKE_DAMAGED_TAKE, INTAKE_DAMAGED_TAKE_UNVERIFIED };

// What the XDP program of an interface gives to the workers.
enum intake_xdp { INTAKE_XDP_AUTO, INTAKE_XDP_STEER, INTAKE_XDP_ALL, INTAKE_XDP_OFF };

struct intake_options {
	unsigned workers;
	unsigned rx_descriptors; // per receive queue
	unsigned frag_datagrams; // reassembled at a time, per worker; they hold packet buffers
	double frag_timeout_s;	 // how long these are held
	uint64_t pause_us;	 // longer than every time-out of a worker; between captures that go back in time
	const struct dns_ports *dns_ports; // UDP and TCP
	bool queries;			   // queries are needed too, not only answers
	bool busy_poll;			   // workers poll without a pause
	bool isolate;			   // let the card drop what is not DNS
	enum intake_xdp xdp_program;
	bool xdp_copy;		       // no zero-copy, although the driver offers it
	uint32_t xdp_tunnels;	       // enum xdp_steer_tunnel (bpf/shared.h), or XDP_TUNNEL_AUTO
	uint32_t xdp_sample;	       // one of so many pairs of addresses
	const char *xdp_src, *xdp_dst; // networks (base/prefix.h) of DNS packets to take or leave; or a file
	const char *doh_addresses;     // networks, a file of them, or "builtin"
};
