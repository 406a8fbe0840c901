// SPDX-License-Identifier: BSD-3-Clause
// reader on a Redis Cluster: each command goes to the primary that holds its key; replies come in
// the order of the commands all the same.
//
//     CLUSTER SLOTS ──► owner[slot] ──► node[…], in the order of their ids
//     db->out ──cut at its commands──► node's out ──► reply, or -MOVED / -ASK: asked again there
//
// Commands without a key (SCAN, INFO, DBSIZE) go to the node db->node. A command that is refused
// with MOVED or ASK was not carried out, so that asking again does no harm, writes included.
#pragma once

#include "collector/reader/reader.h"
#include "collector/redis/slot.h"

enum { READER_NODES_MAX = 128, READER_NODE_ID_SIZE = 48 };

struct reader_node {
	struct endpoint address;
	char id[READER_NODE_ID_SIZE]; // of the cluster
	redisContext *context;	      // NULL: not connected; owned
	redisContext *aside;	      // for what was moved or is being moved here; owned
	struct redis_buffer out;      // its share of what is being sent
};

struct reader_cluster {
	struct reader_node node[READER_NODES_MAX]; // primaries, by id
	size_t len;
	uint8_t owner[REDIS_SLOTS];
	uint64_t version; // counts changes of owners
	bool stale;	  // owners have changed: read them again
	struct reader_sent {
		size_t at, size; // in db->out
		uint8_t node;
	} * sent; // commands on their way
	size_t sent_len, sent_capacity, next;
};

// Takes over the first connection, where its server is part of a cluster: db->cluster. 0, or -1.
int reader_cluster_find(struct reader *db);

// Reads the owners of the slots again. 0 or -1.
int reader_cluster_refresh(struct reader *db);

// As reader_send and reader_reply. The reply may be an error.
int reader_cluster_send(struct reader *db);
redisReply *reader_cluster_reply(struct reader *db);

// The node that holds a key.
size_t reader_cluster_node(const struct reader_cluster *cl, const char *key, size_t len);

// Closes all connections; owners stay known.
void reader_cluster_close(struct reader *db);
void reader_cluster_free(struct reader *db);
