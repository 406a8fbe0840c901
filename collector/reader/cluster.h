// SPDX-License-Identifier: BSD-3-Clause
// Connections to the primaries of a Redis Cluster. Each command goes to the primary that holds its key; replies come in
// the order of the commands nevertheless.
//
//     CLUSTER SLOTS ──► map.owner[slot] ──► node[…], ordered by id
//     commands ──cut──► node's out ──► reply, or -MOVED / -ASK: sent again to the node named there
//
// Commands without a key (SCAN, INFO, DBSIZE) go to a node of the caller's choice. A command that is refused with MOVED
// or ASK was not carried out, so sending it again does no harm, writes included.
#pragma once

#include "collector/redis/conn.h"
#include "collector/redis/slot_map.h"

struct reader_node {
	struct redis_link *link;  // NULL: not connected; owned
	struct redis_link *aside; // for commands whose slot has moved, or is moving, here; owned
	struct redis_buffer out;  // its share of the commands being sent
};

struct reader_cluster {
	const struct redis_settings *settings; // borrowed
	struct redis_slot_map map;
	struct reader_node node[REDIS_NODES_MAX]; // of map.node, by index
	uint64_t version;			  // counts changes of the map, from 1
	bool stale;				  // the map has changed: read it again
	struct reader_sent {
		size_t at, size; // in the commands
		uint8_t node;
	} * sent; // commands on their way
	size_t sent_len, sent_capacity, next;
	char why[512]; // of the last failure, one line
};

// `settings` must outlive the cluster. NULL without memory.
struct reader_cluster *reader_cluster_new(const struct redis_settings *settings);
void reader_cluster_free(struct reader_cluster *cl); // NULL is fine

// Reads the map over a connection to any node. 1; 0 if the server is not part of a cluster; -1 with `why`.
int reader_cluster_read(struct reader_cluster *cl, struct redis_link *l);

// Reads the map again, from any node that answers. 0, or -1 with `why`.
int reader_cluster_refresh(struct reader_cluster *cl);

// Sends all commands; those without a key go to node number `keyless`. 0, or -1 with `why`.
int reader_cluster_send(struct reader_cluster *cl, const struct redis_buffer *commands, size_t keyless);

// The next reply to the same commands, which may be an error reply. NULL with `why`.
redisReply *reader_cluster_reply(struct reader_cluster *cl, const struct redis_buffer *commands);

// Closes all connections; the map stays, but is read again before the next commands.
void reader_cluster_close(struct reader_cluster *cl);

// Notes why something failed. Returns -1.
int reader_cluster_fail(struct reader_cluster *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));
