// SPDX-License-Identifier: BSD-3-Clause
// The primaries of a Redis Cluster: which slots each has, a connection per primary, and per slot the number of the last batch that
// Redis has (writer/cluster.h).
//
//     CLUSTER SLOTS ──► owner[slot] ──► nodes[…] ──► connection
//                                          │ on connect: CLIENT SETNAME lookback-<uuid>; older
//                                          │ connections of that name are killed, and with them
//                                          ▼ what they may still have in a socket buffer
//                       known[slot] ◄── HGET pdns:seq:{tag} <uuid>, GET pdns:fence:{tag}:<uuid>,
//                                       per slot of the node
//
// If the owner of a slot changes or its connection closes, its number is not known until it was read again. A number that is
// lower than before means that a failover lost writes. If the two copies of a number differ (guard.h), nothing is written to the
// slot until a person decides. Writer thread, or `lookback spool`.
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
	struct redis_buffer out; // commands to send
	bool listed;		 // has slots in the last topology
};

struct topology {
	struct cluster_node nodes[CLUSTER_NODES_MAX];
	size_t nodes_len;
	size_t turn;			  // the node without a connection that is asked next
	bool fresh;			  // owner[] is up to date
	uint8_t owner[REDIS_SLOTS];	  // index of the node, or CLUSTER_NO_NODE
	bool known[REDIS_SLOTS];	  // applied[] is up to date
	uint64_t applied[REDIS_SLOTS];	  // number in Redis; if not known: the last one
	uint32_t run[REDIS_SLOTS];	  // hash of the run_id of the server that had it; 0: not known
	bool unnumbered[REDIS_SLOTS];	  // applied[] was applied, but Redis rejected its number (ACL)
	bool held[REDIS_SLOTS];		  // half migrated (writer/hold.h)
	size_t held_len;		  // how many
	bool stopped[REDIS_SLOTS];	  // its number is missing or not ours; then it is not known
	struct stops stops;		  // these
	struct numbered numbered;	  // slots that have a number, as noted in Redis
	uint64_t sent;			  // highest number that can have been sent; UINT64_MAX: not known yet
	bool reader;			  // read only (`lookback spool`): kills no connection, logs nothing
	uint64_t lost_from;		  // lowest number that a failover lost; 0: none
	uint64_t highest;		  // highest number read
	char uuid[STREAM_UUID_TEXT_SIZE]; // of the spool
	enum redis_trouble trouble;	  // of the last failure
	char why[512];			  // the same in words
};

// Updates topology, connections and numbers. Returns 0, or -1 with trouble and text; retry then.
int topology_ready(struct topology *t, const struct redis_settings *s);

// Forgets all numbers: the spool has another UUID.
void topology_renew(struct topology *t, const char *uuid);

// The node that an error names, as in "ASK 1234 host:port"; NULL if it names none.
struct cluster_node *topology_asked(struct topology *t, const char *error);

// True for CLUSTERDOWN: the node may be cut off from the rest of the cluster. Close its connection, and ask the other nodes first.
bool topology_is_down(const char *error);

// An open connection to the node. Returns 0 or -1.
int topology_connect(struct topology *t, struct cluster_node *node, const struct redis_settings *s);

// The node failed: closes its connection; its numbers are not known, and the topology is read again.
void topology_failed(struct topology *t, struct cluster_node *node);

// The same, and its trouble is noted. Returns -1.
int topology_fail_node(struct topology *t, struct cluster_node *node);

// Sends the encoded command and returns its reply, which the caller frees. NULL, with the trouble noted, on failure or an error.
redisReply *topology_ask(struct topology *t, struct cluster_node *node, const struct redis_buffer *b);

// Notes a trouble. Returns -1.
int topology_fail(struct topology *t, enum redis_trouble trouble, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Notes that the number of the slot is of the present server of `node`.
void topology_note_run(struct topology *t, uint16_t slot, const struct cluster_node *node);

// Reads the numbers of the node's slots that are not known. Returns 0, or -1 with the trouble noted.
int topology_read_numbers(struct topology *t, struct cluster_node *node, const struct redis_settings *s);

// Reads the numbers of stopped slots again. Returns how many are sound now.
size_t topology_look_at_stopped(struct topology *t, const struct redis_settings *s);

// Writes `number` into both copies of the slot: all batches up to it count as applied. Changes nothing unless the copies are still
// `found` (NULL: whatever they are). A key of another type is renamed to pdns:seq:{tag}:foreign-<time>. Returns 0, or -1 with
// the trouble noted.
int topology_claim(struct topology *t, uint16_t slot, uint64_t number, const struct guard *found,
	const struct redis_settings *s);

// Writes the number of an `unnumbered` slot: the replies said that the batch was applied. Returns 0, or -1.
int topology_mend(struct topology *t, uint16_t slot, const struct redis_settings *s);

// Encode HGET of the number of a slot, and GET of its second copy.
void topology_ask_number(struct topology *t, struct redis_buffer *out, uint16_t slot, const struct redis_settings *s);
void topology_ask_fence(struct topology *t, struct redis_buffer *out, uint16_t slot, const struct redis_settings *s);
// Encodes HSET and SET of the number, with which each transaction of a slot begins.
void topology_write_number(struct topology *t, struct redis_buffer *out, uint16_t slot, uint64_t number,
	const struct redis_settings *s);

// True if the reply to HGET is the number that is known.
bool topology_is_as_known(const struct topology *t, uint16_t slot, enum guard_kind kind, uint64_t number);

// Encode "pdns:seq:{tag}" or "pdns:fence:{tag}:<uuid>" of a slot as one argument.
void topology_seq_key(struct redis_buffer *out, const struct redis_settings *s, uint16_t slot);
void topology_fence_key(struct redis_buffer *out, const struct redis_settings *s, uint16_t slot, const char *uuid);

void topology_close(struct topology *t);
