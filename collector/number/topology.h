// SPDX-License-Identifier: BSD-3-Clause
// Who holds which slot of a Redis Cluster, one connection a primary, and for each slot the number of
// the last batch that Redis holds of it (cluster.h).
//
//     CLUSTER SLOTS ──► owner[slot] ──► nodes[…] ──► connection
//                                          │ on connect: CLIENT SETNAME lookback-<uuid>; older
//                                          │ connections of that name are killed, and with them
//                                          ▼ what they may still have in a socket buffer
//                       known[slot] ◄── HGET pdns:seq:{tag} <uuid>, GET pdns:fence:{tag}:<uuid>,
//                                       for each slot of the node
//
// A slot whose owner changed, or whose connection was lost, is not known until it was read again; a
// number lower than before means that a failover lost writes. If the two numbers of a slot do not tell the
// same (guard.h), nothing is written to the slot until a person decides. Writer thread only.
#pragma once

#include "collector/redis/conn.h"
#include "collector/number/numbered.h"
#include "collector/number/stops.h"
#include "collector/redis/slot.h"
#include "collector/spool/stream.h"

enum { CLUSTER_NODES_MAX = 128, CLUSTER_NO_NODE = 255 };

struct cluster_node {
	struct endpoint address;
	struct redis_conn conn;
	struct redis_buffer out; // what is to be sent
	bool listed;		 // an owner of slots in the last topology
};

struct topology {
	struct cluster_node nodes[CLUSTER_NODES_MAX];
	size_t nodes_len;
	size_t turn;			  // which of the nodes without a connection is asked next
	bool fresh;			  // owner[] is believed
	uint8_t owner[REDIS_SLOTS];	  // index of the node, or CLUSTER_NO_NODE
	bool known[REDIS_SLOTS];	  // applied[] was read, or written, since the last doubt
	uint64_t applied[REDIS_SLOTS];	  // number that Redis holds; where not known: that it held last
	uint32_t run[REDIS_SLOTS];	  // hash of the run_id of the server that held it then; 0: not known
	bool unnumbered[REDIS_SLOTS];	  // applied[] was, but Redis refused its number: rights were taken in between
	bool held[REDIS_SLOTS];		  // half moved (hold.h)
	size_t held_len;		  // how many
	bool stopped[REDIS_SLOTS];	  // its number is missing or not ours; not known then
	struct stops stops;		  // these
	struct numbered numbered;	  // slots that have a number, as far as is noted in Redis
	uint64_t sent;			  // the highest number that can have been sent; UINT64_MAX: not known yet
	bool reader;			  // only looks (`lookback spool`): no connection is killed, nothing is logged
	uint64_t lost_from;		  // lowest number that a failover lost; 0: none
	uint64_t highest;		  // highest number read
	char uuid[STREAM_UUID_TEXT_SIZE]; // of the spool
	enum redis_trouble trouble;	  // of the last failure
	char why[512];			  // the same in words
};

// Sees to topology, connections and numbers. Returns 0, or -1 with trouble and text; try again then.
int topology_ready(struct topology *t, const struct redis_settings *s);

// Forgets all numbers: the spool has another UUID.
void topology_renew(struct topology *t, const char *uuid);

// The node of an address, added where it is new. NULL: too many.
struct cluster_node *topology_node(struct topology *t, const char *host, size_t host_len, unsigned port);

// The node that an error names: "ASK 1234 host:port". NULL where it names none.
struct cluster_node *topology_asked(struct topology *t, const char *error);

// True for CLUSTERDOWN: the node may have lost sight of a cluster that goes on without it, so its connection
// is to be given up, and the others asked first.
bool topology_is_down(const char *error);

// An open connection to the node. Returns 0 or -1.
int topology_connect(struct topology *t, struct cluster_node *node, const struct redis_settings *s);

// The node failed: its connection is closed, its slots are not known, the topology is to be read anew.
void topology_failed(struct topology *t, struct cluster_node *node);

// The same, and its trouble is noted. Returns -1.
int topology_fail_node(struct topology *t, struct cluster_node *node);

// Sends the encoded command and reads its answer, which the caller frees. NULL with the trouble noted
// where there is no good one.
redisReply *topology_ask(struct topology *t, struct cluster_node *node, const struct redis_buffer *b);

// Notes a trouble. Returns -1.
int topology_fail(struct topology *t, enum redis_trouble trouble, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// The slot's number is what the server that `node` is has now.
void topology_note_run(struct topology *t, uint16_t slot, const struct cluster_node *node);

// Reads the numbers of the node's slots that are not known. 0, or -1 with what is wrong noted.
int topology_read_numbers(struct topology *t, struct cluster_node *node, const struct redis_settings *s);

// Reads the numbers of the stopped slots again. Returns how many are sound now.
size_t topology_look_at_stopped(struct topology *t, const struct redis_settings *s);

// Has the slot hold that everything up to `number` is applied, in both places. Nothing is changed unless these hold
// `found` (NULL: whatever they hold); something else in the place of the number is renamed to
// pdns:seq:{tag}:foreign-<time>. Returns 0, or -1 with what is wrong noted.
int topology_claim(struct topology *t, uint16_t slot, uint64_t number, const struct guard *found,
	const struct redis_settings *s);

// Writes the number of a slot that is `unnumbered`: the replies told that the rest was applied. Returns 0, or -1.
int topology_mend(struct topology *t, uint16_t slot, const struct redis_settings *s);

// HGET of the slot's number; what it answered is the number that is known.
void topology_ask_number(struct topology *t, struct redis_buffer *out, uint16_t slot, const struct redis_settings *s);
void topology_ask_fence(struct topology *t, struct redis_buffer *out, uint16_t slot, const struct redis_settings *s);
// HSET and SET of the number, which each transaction of a slot begins with.
void topology_write_number(struct topology *t, struct redis_buffer *out, uint16_t slot, uint64_t number,
	const struct redis_settings *s);

bool topology_is_as_known(const struct topology *t, uint16_t slot, enum guard_kind kind, uint64_t number);

// "pdns:seq:{tag}" and "pdns:fence:{tag}:<uuid>" of a slot as one argument.
void topology_seq_key(struct redis_buffer *out, const struct redis_settings *s, uint16_t slot);
void topology_fence_key(struct redis_buffer *out, const struct redis_settings *s, uint16_t slot, const char *uuid);

void topology_close(struct topology *t);
