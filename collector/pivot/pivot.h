// SPDX-License-Identifier: BSD-3-Clause
// From indicators to the infrastructure they belong to: names, addresses, registered domains, name servers and mail servers
// that are connected by records, each with a path, a score and its reasons.
//
//     pivot_start ──► pivot_add, … ──► pivot_step, … until PIVOT_END ──► pivot_nodes, pivot_edges, pivot_results
//
//     name ─► addresses, name servers, mail servers, CNAMEs, registered domain ─► names that share them ─► …
//
// What many unrelated names share (a CDN, shared hosting, parking) is recognised by a count and is not walked through. Reads only.
// One thread at a time; a step takes a few round trips. All is bounded: nodes, commands, octets, time.
#pragma once

#include "collector/query/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context;
struct redis_buffer;

enum { PIVOT_DEPTH = 2, PIVOT_DEPTH_MAX = 8, PIVOT_INDICATORS_MAX = 1000, PIVOT_NODES_MAX = 200000 };
enum { PIVOT_DOMAINS = 30, PIVOT_ZONES = 100 }; // more: shared
#define PIVOT_SCORE 0.5

struct pivot_options {
	unsigned depth;		       // how often the walk goes from names over what they share to further names
	int64_t since, until;	       // only records seen in this period, seconds since 1970
	bool through_shared;	       // walk through what is shared as well
	double score;		       // results have at least this score
	size_t limit;		       // results at most; 0: all
	unsigned domains, zones;       // shared: addresses with more registered domains, servers with more zones
	size_t nodes, commands;	       // bounds of the walk
	double time_s;		       // 0: no bound
	const struct context *context; // networks, popular names; borrowed; NULL: none
};

// Defaults.
struct pivot_options pivot_options_make(void);

// What a node is; a name may be several of these.
enum pivot_role {
	PIVOT_NAME = 1,
	PIVOT_ADDRESS = 2,
	PIVOT_DOMAIN = 4, // registered domain
	PIVOT_NS = 8,
	PIVOT_MX = 16,
};

// Why a node was not walked through.
enum pivot_stop {
	PIVOT_WALKED,
	PIVOT_STOP_DEPTH,   // further away than `depth`
	PIVOT_STOP_DOMAINS, // address: number of registered domains
	PIVOT_STOP_ZONES,   // server, target: number of names that point to it
	PIVOT_STOP_HOSTS,   // registered domain: number of names; only some of them were read
	PIVOT_STOP_RECORDS, // number of records or members; only some of them were read
	PIVOT_STOP_HOSTING, // listed (context): names of a hosting provider
	PIVOT_STOP_CDN,
	PIVOT_STOP_PARKING,
	PIVOT_STOP_SINKHOLE,
	PIVOT_STOP_POPULAR, // registered domain: its rank
	PIVOT_STOP_SPECIAL, // private, loopback and other special addresses
	PIVOT_STOP_NODES,   // a bound of the walk was reached
	PIVOT_STOP_COMMANDS,
	PIVOT_STOP_TIME,
	PIVOT_STOP_MAX
};

// Why a node has its score.
enum pivot_reason {
	PIVOT_REASON_INDICATOR,
	PIVOT_REASON_FEW,      // shares an address with few registered domains: their number
	PIVOT_REASON_SERVER,   // shares a name server or mail server with few zones: their number
	PIVOT_REASON_OWN,      // the server's own domain is as young as the domains that use it
	PIVOT_REASON_DOMAIN,   // same registered domain
	PIVOT_REASON_SEVERAL,  // reached over several nodes independently: their number
	PIVOT_REASON_BURST,    // appeared there within hours or days of others, more than by chance: hours
	PIVOT_REASON_TOGETHER, // moved together over shared addresses or servers in different networks: their number
	PIVOT_REASON_OVERLAP,  // both lived there at the same time: days
	PIVOT_REASON_APART,    // lived there at other times: days between
	PIVOT_REASON_NETWORK,  // address in the same /24 or /48 as others: their number
	PIVOT_REASON_MOSTLY,   // most that is there belongs to the results: percent
	PIVOT_REASON_MANY,     // one of many addresses of a name: their number
	PIVOT_REASON_SHARED,   // only over what is shared: the number of registered domains
	PIVOT_REASON_RECORD,   // a record of an indicator or of a result points to it
	PIVOT_REASON_MAX
};

#define PIVOT_NONE UINT32_MAX

struct pivot_node {
	const char *text; // name or address, terminated
	uint32_t len;
	uint8_t roles; // of enum pivot_role
	bool is_indicator;
	bool is_shared; // by many unrelated users: no result
	bool is_in;	// connected to the indicators: a result, or what was found on the way
	bool is_result; // one of pivot_results
	uint8_t depth;	// 0: an indicator and its records
	uint8_t stop;	// of enum pivot_stop
	uint32_t stop_number;
	uint32_t via;	  // edge over which it was reached with the most weight; PIVOT_NONE: indicator
	uint32_t from;	  // the node at the other end of it
	double score;	  // 0 to 1
	uint32_t reasons; // bits of enum pivot_reason
	int32_t reason[PIVOT_REASON_MAX];
	int64_t first, last; // of the records that connect it to the walk
};

// A record, or that a name is in a registered domain (type "zone").
struct pivot_edge {
	uint32_t from, to; // owner and what it points to; name and its registered domain
	char type[16];
	int64_t first, last;
};

struct pivot;

// Takes a copy of the options; `db` must outlive it. NULL without memory.
struct pivot *pivot_start(struct query_db *db, const struct pivot_options *o);
void pivot_stop(struct pivot *p); // NULL is fine

// Adds an indicator: a name or an address, as people paste them. 0, or -EINVAL with one line in `why`.
int pivot_add(struct pivot *p, const char *text, char *why, size_t why_size);
// The same for a name in any case, "192.0.2.1" and "[.]" too; labels may be in UTF-8.
int pivot_add_name(struct pivot *p, const char *text, char *why, size_t why_size);

enum pivot_step { PIVOT_BUSY, PIVOT_END, PIVOT_FAILED };
enum pivot_step pivot_step(struct pivot *p);
const char *pivot_why(const struct pivot *p); // of PIVOT_FAILED, one line

// After PIVOT_END. All nodes in the order in which they were found; all edges.
size_t pivot_nodes(const struct pivot *p, const struct pivot_node **nodes);
size_t pivot_edges(const struct pivot *p, const struct pivot_edge **edges);

// After PIVOT_END: the indices of the nodes that are results: not shared, with at least the score, at most `limit`, best first.
size_t pivot_results(const struct pivot *p, const uint32_t **indices);
// How many further ones the limit left out.
size_t pivot_left_out(const struct pivot *p);
// Registered domains with enough score beyond the depth.
size_t pivot_beyond(const struct pivot *p);
// The bound that ended the walk early, or PIVOT_WALKED.
enum pivot_stop pivot_spent(const struct pivot *p);
// Commands sent to Redis.
size_t pivot_commands(const struct pivot *p);

// The kind that says most about a node: "indicator"s have theirs too. Static text.
const char *pivot_kind(const struct pivot_node *n);
extern const char *const pivot_stop_word[PIVOT_STOP_MAX], *const pivot_reason_word[PIVOT_REASON_MAX];

// put.c: appends a reason, or why a node was not walked through, in words; the path from an indicator to a node.
void pivot_put_reason(struct redis_buffer *out, const struct pivot_node *n, enum pivot_reason reason);
void pivot_put_reasons(struct redis_buffer *out, const struct pivot_node *n); // all, with "; " between
void pivot_put_stop(struct redis_buffer *out, const struct pivot_node *n);
void pivot_put_path(struct redis_buffer *out, const struct pivot *p, uint32_t node, const char *separator);

// A whole answer. put_json.c: a JSON object per line: results, what is shared, edges, the end. put_csv.c: results, with a head line.
// put_graph.c: GraphML, Graphviz DOT. Every text is escaped: names are untrusted.
void pivot_put_json(struct redis_buffer *out, const struct pivot *p);
void pivot_put_csv(struct redis_buffer *out, const struct pivot *p);
void pivot_put_graphml(struct redis_buffer *out, const struct pivot *p);
void pivot_put_dot(struct redis_buffer *out, const struct pivot *p);
