// SPDX-License-Identifier: BSD-3-Clause
// A walk in progress. The unit of the score is the entity: a registered domain with its names, or a name that has none. Infrastructure
// is what entities share: addresses, and names that records point to.
//
//     depth d:  ZONES ─► RECORDS ─► MEMBERS ─► JUDGE ─► entities of depth d + 1
//               names of   what they  who else   score
//               entities   point to   is there
#pragma once

#include "collector/pivot/pivot.h"

enum {
	PIVOT_BATCH = 32,	   // nodes whose commands are sent together
	PIVOT_NAMES_READ = 100,	   // names of a registered domain
	PIVOT_HOSTS_SHARED = 1000, // a registered domain with more names is shared by unrelated users
	PIVOT_RECORDS_READ = 256,  // records of a name
	PIVOT_MEMBERS_READ = 2048, // members of an address or of a target
	PIVOT_SAMPLE = 256,	   // members, if there are more than MEMBERS_READ
	PIVOT_HEAVY = 1000,	   // with more registered domains no member is kept
	PIVOT_POPULAR = 10000,	   // registered domains up to this rank
};

#define PIVOT_DAY 86400
#define PIVOT_GROUP_NETWORK 0x80000000u // groups of addresses: above all indices of nodes

// What is known of a node besides what pivot.h shows.
struct pivot_state {
	uint32_t next_hash;
	uint32_t entity;     // a name: its registered domain, or itself
	uint32_t group;	     // infrastructure: a number that those of one network or of one operator have in common
	uint32_t first_from; // its edges as an owner: index into edges, then pivot_link.next_from
	uint32_t first_to;   // …as a target
	bool accepted;	     // entity: its score is final
	bool is_infra, is_listed;
	bool queued_zone, queued_records, queued_members, heavy;
	bool read;	  // infrastructure: its members are edges
	uint32_t domains; // infrastructure: registered domains there that are no results
	uint32_t
		cause; // accepted entity: the evidence that it was accepted for; those of one cause may be wrong together
	uint32_t networks; // entity: networks that it has addresses in
	float share;	   // infrastructure: how much a member has from it, 0 to 1
};

struct pivot_link {
	uint32_t next_from, next_to, next_hash;
};

// Indices of nodes that wait for a phase.
struct pivot_queue {
	uint32_t *at;
	size_t len, pos, capacity;
};

enum pivot_phase { PHASE_ZONES, PHASE_RECORDS, PHASE_MEMBERS, PHASE_JUDGE, PHASE_DONE };

struct pivot {
	struct query_db *db;
	struct pivot_options o;
	int64_t deadline_ms;
	struct pivot_node *node;
	struct pivot_state *state;
	size_t nodes, nodes_capacity;
	struct pivot_edge *edge;
	struct pivot_link *link;
	size_t edges, edges_capacity;
	uint32_t *node_table, *edge_table; // heads of chains
	size_t node_table_len, edge_table_len;
	uint64_t seed; // of the hash
	struct pivot_queue zones, records, members;
	enum pivot_phase phase;
	unsigned depth;
	size_t commands;
	enum pivot_stop spent; // which bound was reached; PIVOT_WALKED: none
	bool no_memory;
	bool more; // entities of the next depth were accepted
	uint32_t *result;
	size_t results, left_out, beyond;
	char why[512];
};

// graph.c: nodes and edges, each once. PIVOT_NONE without memory or room.
uint32_t pivot_graph_name(struct pivot *p, const char *text, size_t len, unsigned role);
uint32_t pivot_graph_address(struct pivot *p, const char *text, size_t len);
uint32_t pivot_graph_edge(struct pivot *p, uint32_t from, uint32_t to, const char *type, size_t type_len, int64_t first,
	int64_t last);
// The registered domain of a name; `out` has TEXT_NAME_SIZE. Returns its length (terminated or not), 0 if it has none.
size_t pivot_graph_domain(const struct pivot *p, const char *text, size_t len, char *out);
bool pivot_queue_add(struct pivot *p, struct pivot_queue *q, uint32_t node);
void pivot_graph_free(struct pivot *p);

// shared.c: what a list, or the address itself, says about a node: the reason not to walk through it, or PIVOT_WALKED.
enum pivot_stop pivot_shared_listed(const struct pivot *p, uint32_t node, uint32_t *number);

// read.c, members.c: one batch of a phase. 0, or -1 with p->why.
int pivot_read_zones(struct pivot *p);
int pivot_read_records(struct pivot *p);
int pivot_read_members(struct pivot *p);

// judge.c: scores; accepts entities of the next depth. finish.c: scores of all nodes, results.
void pivot_judge(struct pivot *p);
void pivot_accept(struct pivot *p, uint32_t entity, unsigned depth);
void pivot_finish(struct pivot *p);

static inline double pivot_score_of_entity(const struct pivot *p, uint32_t name)
{
	return p->node[p->state[name].entity].score;
}
