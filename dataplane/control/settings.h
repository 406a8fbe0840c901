// SPDX-License-Identifier: BSD-3-Clause
// Settings of the dataplane, from the configuration file and the command line.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/admit/admit.h"
#include "dataplane/common/conf.h"
#include "dataplane/common/log.h"
#include "dataplane/intake/intake_options.h"

enum settings_idle { IDLE_POLL, IDLE_SLEEP };

struct dataplane_settings {
	char *collector_socket;	       // path of the collector's Unix socket
	char *sensor;		       // name of this sensor; empty: the host name
	double flush_interval_s;       // how often what changed is handed over
	uint64_t flush_records;	       // records at most in one frame
	double replay_wait_s;	       // how long a replay waits for a collector that is away; 0: for ever
	enum intake_damaged damaged;   // what is done with a capture that is damaged or cut off
	double stop_timeout_s;	       // how long the end waits for the collector's word
	uint64_t workers;	       // number of workers, each one lcore and one queue a port
	uint64_t table_records;	       // records a worker's table holds
	uint64_t flood_names;	       // new names of a zone in an interval before they collapse; 0: any number
	double flood_interval_s;       // that interval
	uint64_t rx_descriptors;       // of each queue
	uint64_t dedup_ms;	       // copies of a packet within that are left out; 0: none are
	uint64_t frag_datagrams;       // datagrams being put together, a worker
	double frag_timeout_s;	       // how long a fragment waits for the others
	uint64_t tcp_flows;	       // directions of TCP connections followed, a worker
	uint64_t tcp_memory;	       // octets held for them, a worker
	double tcp_timeout_s;	       // an idle direction is given up after that
	enum admit_match_mode match;   // whether a response needs its query
	uint64_t match_size;	       // queries waiting, a worker
	double match_timeout_s;	       // how long a query waits
	enum settings_idle idle;       // what a worker without packets does
	bool idle_is_set;	       // the user chose; else the kind of port decides
	char *user;		       // whom it becomes if root starts it; empty: see sandbox_user_find
	bool sandbox;		       // gives up what it does not need
	enum log_level log_level;      // least important level that is logged
	struct admit_options admit;    // sections and types
	char *types, *types_skip;      // as given; they make up `admit`
	struct dns_ports dns_ports;    // ports that speak DNS
	enum intake_xdp xdp_program;   // what an interface's XDP program hands to the workers
	bool xdp_copy;		       // no zero-copy, although the driver offers it
	uint32_t xdp_tunnels;	       // enum xdp_steer_tunnel (bpf/shared.h), or XDP_TUNNEL_AUTO
	uint64_t xdp_sample;	       // one of so many pairs of addresses
	char *xdp_src, *xdp_dst;       // networks (base/prefix.h) of DNS packets to take or leave
	char *filter;		       // expression of pcap-filter(7) that packets have to match
	char *servers;		       // networks of servers to believe
	char *names_only, *names_skip; // files of names
	char *doh_addresses;	       // networks, a file of them, or "builtin"
	bool telemetry;		       // commands for dpdk-telemetry.py
	bool isolate;		       // let the card drop what is not DNS
};

// The keys, writing into `*settings`. The table lives for ever.
const struct conf *settings_conf(struct dataplane_settings *settings);

// Puts together what depends on several keys; after reading. Returns 0 or -EINVAL with one line in `why`.
int settings_finish(struct dataplane_settings *settings, char *why, size_t why_size);
