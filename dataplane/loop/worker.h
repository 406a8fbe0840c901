// SPDX-License-Identifier: BSD-3-Clause
// One worker: one lcore, one queue of each port, and all the state that its loop sees. Workers
// share nothing; the main thread reads their counters and passes frames through two rings.
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
#include "dataplane/common/stats.h"
#include "dataplane/table/collapse.h"
#include "dataplane/table/table.h"
#include "dataplane/packet/unknown.h"

enum { WORKER_BURST = 32, WORKER_SOURCES_MAX = STATS_PORTS_MAX };

// What a worker is to do; the same for all of them.
struct worker_options {
	struct dns_ports dns_ports;  // UDP and TCP ports that speak DNS
	struct admit_options admit;  // sections and types, if `filters` is NULL
	bool sleeps;		     // without packets, instead of polling on
	double flush_interval_s;     // time of one round of the sweep
	uint64_t table_records;	     // records that fit the table (struct table_options)
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

// How far packets go; less than all of it is for measurements alone.
enum worker_depth { WORKER_RECEIVE, WORKER_DECAP, WORKER_PARSE, WORKER_ADMIT, WORKER_ALL };

// How a datagram becomes sightings: every message by dns_parse and admit_message; ordinary answers by
// answer.h; the same with no query matching, no servers to look up and nothing left out.
enum worker_way { WORKER_LONG, WORKER_SHORT, WORKER_SHORTEST };

struct rte_mbuf;

// One receive queue. Worker: ro but for the counters; main: rw while paused and seen to be.
struct worker_source {
	uint64_t queries;   // DNS messages of it. worker: rw, main: ro
	uint64_t answers;   // the others. worker: rw, main: ro
	uint64_t oversized; // packets of pkt_oversized. worker: rw, main: ro
	uint16_t (*receive)(void *from, struct rte_mbuf **mbufs, uint16_t len); // NULL: of a DPDK port
	void *from;								// what `receive` is called with
	atomic_bool paused;  // not to be polled: its interface is gone
	int fd;		     // socket to sleep on, or -1
	unsigned index;	     // of the port among those of the intake
	uint16_t port;	     // DPDK port
	uint16_t queue;	     // its queue
	enum link_kind link; // how its frames begin; LINK_KIND_MAX: each packet tells (intake/packet_meta.h)
	bool packet_time;    // its packets carry the time of their capture, microseconds since 1970
	uint32_t cut_size;   // octets at which its longer frames are cut; 0: none is
};

struct worker {
	// read in every turn
	struct worker_source sources[WORKER_SOURCES_MAX]; // worker: ro
	uint32_t sources_len;				  // worker: ro
	const struct filter_set *filters;		  // worker: rw; NULL: the sections and types of `options`
	_Atomic(const struct filter_set *) filters_next;  // worker: r, main: w
	enum worker_way way;				  // of messages, by settings and filters. worker: rw
	struct hash_key key;				  // of names and records. worker: ro
	uint64_t seed;			    // of a key that follows from the captures; 0: a random one. worker: ro
	struct dns_message *message;	    // worker: rw
	struct admit *admit;		    // worker: rw
	struct admit_match *match;	    // worker: rw; NULL with match = off
	struct table *table;		    // worker: rw
	struct collapse *collapse;	    // worker: rw; NULL with flood.names = 0
	struct pkt_tcp *tcp;		    // worker: rw
	struct pkt_frag *frag;		    // worker: rw
	struct unknown *unknown;	    // worker: rw, main: r, from crew_set_up on
	struct copies *copies;		    // worker: rw
	uint8_t *rdata;			    // worker: rw; canonical RDATA of one record
	uint8_t *linear;		    // worker: rw; a packet of several segments in one piece
	uint64_t verdicts[DNS_VERDICT_MAX]; // messages of this burst, by verdict. worker: rw
	struct flush flush;		    // see flush/flush.h
	// time
	uint64_t wall_us;	 // microseconds since 1970 at the last look. worker: rw
	uint64_t packet_us;	 // time of the packet in hand, or of the last one. worker: rw
	uint64_t clock_us;	 // the same for time-outs: of captures, it never goes back. worker: rw
	uint32_t clock_s;	 // second that time-outs have seen. worker: rw
	uint64_t sweep_most_tsc; // that the sweep may take of a turn. worker: ro
	uint64_t sweep_start;	 // TSC when this round of the sweep began. worker: rw
	uint64_t swept;		 // buckets of this round that are done. worker: rw
	uint64_t push_tsc;	 // TSC when a partial frame was passed on last. worker: rw
	struct poll_gap gap;	 // between polls. worker: rw
	uint8_t copies_mask;	 // see copies_mask. worker: rw
	bool is_cut;	     // the message in hand is not whole: its packet was cut when it was captured. worker: rw
	bool held_back;	     // a capture waits for a free frame. worker: rw
	bool behind;	     // the sweep has buckets left that are due. worker: rw
	uint32_t idle_turns; // turns without a packet, one after another. worker: rw
	uint64_t look_tsc;   // TSC of the last look at the clock. worker: rw
	uint64_t look_every_tsc; // of a busy worker. worker: rw
	uint32_t looks;		 // at the clock. worker: rw
	unsigned id;		 // 0.., worker: ro
	enum worker_depth depth; // worker: ro
	bool huge_pages;	 // whether to ask for them. worker: ro
	bool replays; // captures alone: their packets can wait, and nothing may depend on the clock. worker: ro
	struct worker_options options; // worker: ro
	uint64_t reload_polls;	       // polls when the filters changed. main: rw
	atomic_bool ready;	       // worker: w, main: r
	atomic_bool failed;	       // could not set up its tables. worker: w, main: r
	atomic_bool over;	   // has had its last turn: looks at no filter and no port any more. worker: w, main: r
	atomic_bool done;	   // has flushed everything and ended. worker: w, main: r
	struct worker_stats stats; // worker: rw, main: ro
	struct flood_notices flood_notices; // worker: w, main: r
};

// What the main thread tells all workers.
struct worker_orders {
	atomic_bool go;	   // the program has given up its rights: packets may be parsed
	atomic_bool drain; // no packet will come any more: take what is queued, flush, end
	atomic_bool stop;  // take nothing more, flush, end
};

extern struct worker_orders worker_orders;

// Body of an lcore: sets up its tables (on its own NUMA node), runs until ordered to end. `worker`
// is a struct worker. Returns 0, or -1 where `failed` is set.
int worker_run(void *worker);

// Gives up what has waited too long, a little at each call (worker_time.c). For live packets.
void worker_expire(struct worker *w);

// The same for captures: all of it, before the first packet of each second. What is given up depends on the packets alone.
void worker_begin_second(struct worker *w);

// Before the first turn: a rank among the threads of the host. Of the calling thread.
void worker_prefer(const struct worker *w);

// Sleeps a little, with idle = sleep, unless the sweep is behind (worker_idle.c).
void worker_doze(const struct worker *w);
