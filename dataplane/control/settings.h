// SPDX-License-Identifier: BSD-3-Clause
// Settings of the dataplane, from the configuration file and the command line. settings_parts.h gives each room its part.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/admit/admit.h"
#include "dataplane/common/conf.h"
#include "dataplane/common/log.h"
#include "dataplane/follow/files.h"
#include "dataplane/intake/intake_options.h"

enum settings_idle { IDLE_POLL, IDLE_SLEEP };

struct dataplane_settings {
	char *collector_socket;	     // path of the collector's Unix socket
	char *iface;		     // names of interfaces, comma-separated; inputs.h
	char *port;		     // PCI devices, comma-separated; inputs.h
	char *dnstap;		     // sockets, comma-separated; intake/dnstap_listen.h
	char *dnstap_group;	     // of Unix sockets of dnstap; empty: the process's
	uint32_t dnstap_types;	     // bits of enum dnstap_type
	char *sensor;		     // name of this sensor; empty: the host name
	double flush_interval_s;     // between two flushes of changed records
	uint64_t flush_records;	     // maximum of records in one frame
	double replay_wait_s;	     // a replay waits so long for a collector that went away; 0: without limit
	enum intake_damaged damaged; // what to do with a capture that is damaged or cut off
	char *follow;		     // folder of captures that are taken as they are completed; empty: none
	char *follow_state;	     // folder of its journal
	double follow_quiet_s;	     // a file that was not changed for so long is complete
	enum follow_after follow_after;
	char *follow_move_to;	       // of FOLLOW_MOVE
	double stop_timeout_s;	       // the end waits so long for the collector's acknowledgements
	uint64_t workers;	       // number of workers, each one lcore and one RX queue per port
	uint64_t table_records;	       // capacity of a worker's table
	uint64_t answers_memory;       // octets of answers seen before, per worker; 0: none
	uint64_t flood_names;	       // new names of a zone per interval before they collapse; 0: no limit
	double flood_interval_s;       // the interval of flood_names
	uint64_t rx_descriptors;       // per RX queue
	uint64_t dedup_ms;	       // drop copies of a packet within this time; 0: drop none
	uint64_t frag_datagrams;       // datagrams in reassembly, per worker
	double frag_timeout_s;	       // how long a fragment waits for the others
	uint64_t tcp_flows;	       // directions of TCP connections, per worker
	uint64_t tcp_memory;	       // octets held for them, per worker
	double tcp_timeout_s;	       // an idle direction is evicted after that
	enum admit_match_mode match;   // whether a response needs its query
	uint64_t match_size;	       // pending queries, per worker
	double match_timeout_s;	       // how long a query waits for its response
	enum settings_idle idle;       // what a worker does without packets
	bool idle_is_set;	       // chosen by the user; else the kind of port decides
	char *user;		       // user to become if started by root; empty: see sandbox_user_find
	bool sandbox;		       // drop rights that are not needed after the set-up
	enum log_format log_format;    // of log lines
	enum log_level log_level;      // least important level that is logged
	struct admit_options admit;    // sections and types
	char *types, *types_skip;      // as given; they make up `admit`
	struct dns_ports dns_ports;    // ports of DNS
	enum intake_xdp xdp_program;   // what the XDP program of an interface gives to the workers
	bool xdp_copy;		       // no zero-copy, although the driver offers it
	uint32_t xdp_tunnels;	       // enum xdp_steer_tunnel (bpf/shared.h), or XDP_TUNNEL_AUTO
	uint64_t xdp_sample;	       // one of so many pairs of addresses
	char *xdp_src, *xdp_dst;       // networks (base/prefix.h) of DNS packets to take or leave
	char *filter;		       // expression of pcap-filter(7) that packets have to match
	char *servers;		       // networks of trusted servers
	char *names_only, *names_skip; // files of names
	char *doh_addresses;	       // networks, a file of them, or "builtin"
	bool telemetry;		       // commands for dpdk-telemetry.py
	bool isolate;		       // let the card drop packets that are not DNS
};

// The keys, which write into `*settings`. One table: the next call changes where they write to.
const struct conf *settings_conf(struct dataplane_settings *settings);

// Reads the source into `*settings`, and checks and completes what depends on several keys. Returns 0, or -EINVAL if there are
// errors.
int settings_read(struct dataplane_settings *settings, const struct conf_source *source, struct conf_report *report);

// --check-config, or with `print` --print-config. Returns the exit status.
int settings_command(struct dataplane_settings *settings, const struct conf_source *source, bool print);

// The second half of settings_read.
void settings_finish(struct dataplane_settings *settings, struct conf_report *report);
