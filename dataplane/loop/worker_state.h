// SPDX-License-Identifier: BSD-3-Clause
// The state of one worker: everything that its loop reads and writes. Workers share nothing. The main thread sets a worker
// up, reads its counters, replaces its filters and passes frames through two rings.
//
// A comment `worker: rw, main: ro` names the threads that may write (w) and read (r) a field; without one the worker alone.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/admit/admit.h"
#include "dataplane/base/dns_ports.h"
#include "dataplane/packet/copies.h"
#include "dataplane/admit/filter.h"
#include "dataplane/flush/flush.h"
#include "dataplane/packet/packet.h"
#include "dataplane/packet/frag.h"
#include "dataplane/packet/tcp.h"
#include "dataplane/loop/poll_gap.h"
#include "dataplane/loop/recall_state.h"
#include "dataplane/common/stats.h"
#include "dataplane/table/collapse.h"
#include "dataplane/table/table.h"
#include "dataplane/packet/unknown.h"

enum {
	WORKER_BURST = 32, // packets at most in one poll of a queue
	WORKER_SOURCES_MAX = STATS_PORTS_MAX
};

// What a worker is to do; the same for all workers. Each worker has all of it: a table of `table_records`, and so on.
struct worker_options {
	struct dns_ports dns_ports;  // UDP and TCP ports that speak DNS
	struct admit_options admit;  // sections and types, if `filters` is NULL
	bool sleeps;		     // without packets, instead of polling on
	double flush_interval_s;     // time of one round of the sweep
	uint64_t table_records;	     // records that fit the table (struct table_options)
	uint64_t answers_memory;     // octets of answers seen before; 0: none
	uint64_t flood_names;	     // see table/flood.h; 0: any number
	uint32_t flood_interval_s;   // at least 1
	uint32_t dedup_ms;	     // copies of a packet within this time are left out; 0: none are
	uint32_t frag_datagrams;     // datagrams being reassembled
	uint32_t frag_timeout_ms;    // how long a fragment waits for the others
	uint32_t tcp_flows;	     // directions of TCP connections
	uint64_t tcp_memory;	     // octets held for them
	uint32_t tcp_timeout_s;	     // an idle direction is given up after this
	enum admit_match_mode match; // whether a response needs its query
	uint32_t match_size;	     // queries waiting
	uint32_t match_timeout_s;    // how long a query waits
};

// How far packets go. Less than WORKER_ALL is for measurements and for --check.
enum worker_depth { WORKER_RECEIVE, WORKER_DECAP, WORKER_PARSE, WORKER_ADMIT, WORKER_ALL };

// The path of DNS messages over UDP, chosen by message_choose_path from the options and filters.
enum worker_path {
	WORKER_SLOW,   // every message by dns_parse and admit_message (message.c)
	WORKER_FAST,   // ordinary answers by answer.h, the others by message.c
	WORKER_FASTEST // the same, without query matching, lists of servers, or a lesser depth
};

struct rte_mbuf;

// One RX queue. The worker reads it, and writes the counters. The main thread may change it while it is paused and the
// worker has begun another turn since.
struct worker_source {
	uint64_t queries;   // DNS queries of this queue. worker: rw, main: ro
	uint64_t answers;   // DNS responses of this queue. worker: rw, main: ro
	uint64_t oversized; // packets of pkt_oversized. worker: rw, main: ro
	uint16_t (*receive)(void *from, struct rte_mbuf **mbufs, uint16_t len); // NULL: of a DPDK port
	void *from;								// what `receive` is called with
	atomic_bool paused;  // not to be polled: its interface is gone. main: w, worker: r
	int fd;		     // socket to sleep on, or -1
	unsigned index;	     // of the port among those of the intake
	uint16_t port;	     // DPDK port
	uint16_t queue;	     // its queue
	enum link_kind link; // how its frames begin; LINK_KIND_MAX: see each packet (intake/packet_meta.h)
	bool packet_time;    // its packets carry the time of their capture, microseconds since 1970
	uint32_t cut_size;   // octets at which its longer frames are cut; 0: none is
};

struct worker {
	// what it works with: set before it starts
	struct worker_source sources[WORKER_SOURCES_MAX]; // worker: r, main: see struct worker_source
	uint32_t sources_len;
	unsigned id; // from 0
	enum worker_depth depth;
	bool huge_pages; // whether to ask for them
	bool replays;	 // reads captures alone: packets can wait, and nothing may depend on the clock
	uint64_t seed;	 // of a hash key that follows from the captures; 0: a random key
	struct worker_options options;

	// filters, replaced as a whole on SIGHUP
	const struct filter_set *filters;		 // NULL: the sections and types of `options`
	_Atomic(const struct filter_set *) filters_next; // worker: r, main: w
	enum worker_path path;				 // of messages, with these options and filters

	// the stages, in the order of the flow; owned by the worker (worker_setup.c)
	struct hash_key key; // of names and records
	struct copies *copies;
	uint8_t copies_mask; // which packets to compare: copies_mask() of packet/copies.h
	struct pkt_frag *frag;
	struct pkt_tcp *tcp;
	struct admit_match *match; // NULL with match = off
	struct dns_message *message;
	struct admit *admit;
	struct table *table;
	struct recall recall;	   // answers seen before
	struct collapse *collapse; // NULL with flood.names = 0
	struct flush flush;
	struct unknown *unknown; // worker: rw, main: r; set before the start
	uint8_t *linear;	 // PACKET_SIZE_MAX octets: a packet of several segments in one piece
	uint8_t *rdata;		 // DNS_RDATA_SIZE octets: canonical RDATA of one record

	// the packet or message in hand
	uint64_t verdicts[DNS_VERDICT_MAX]; // messages of this burst, by verdict
	bool is_cut;			    // the packet was cut when it was captured: its message is not whole

	// time
	uint64_t wall_us;   // microseconds since 1970 when the clock was last read
	uint64_t packet_us; // time of the packet in hand, or of the last one; microseconds since 1970
	uint64_t clock_us;  // the same for time-outs: with captures it never goes back
	uint32_t clock_s;   // the second of clock_us that time-outs have seen

	// housekeeping (housekeeping.c)
	struct poll_gap gap;	 // time from poll to poll
	uint64_t look_tsc;	 // TSC when it was last done
	uint64_t look_every_tsc; // TSC cycles between two times, of a busy worker
	uint32_t looks;		 // how often it was done
	uint64_t sweep_start;	 // TSC when this round of the sweep began
	uint64_t sweep_most_tsc; // TSC cycles that the sweep may take of a turn
	uint64_t swept;		 // buckets of this round that are done
	uint64_t push_tsc;	 // TSC when a partial frame was last passed on
	bool behind;		 // the sweep has buckets left that are due
	bool held_back;		 // a capture waits for a free frame
	uint32_t idle_turns;	 // turns without a packet, one after another

	// for the main thread
	atomic_bool ready;	      // has its tables. worker: w, main: r
	atomic_bool failed;	      // had no memory for its tables. worker: w, main: r
	atomic_bool over;	      // has had its last turn: uses no filter and no port any more. worker: w, main: r
	atomic_uint_fast64_t flushed; // worker_orders.flush that it has carried out. worker: w, main: r
	atomic_bool done;	      // has flushed everything and ended. worker: w, main: r
	uint64_t reload_polls;	      // polls when the filters changed. main: rw
	struct worker_stats stats;    // worker: rw, main: r
	struct flood_notices flood_notices; // worker: w, main: r
};
