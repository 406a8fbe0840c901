// SPDX-License-Identifier: BSD-3-Clause
// A connection to Redis for lookups, or one to each primary of a Redis Cluster (cluster.h). Never the writer's
// (redis/conn.h). Opened when first needed, and again after a failure. Commands are gathered and sent together; replies
// come in the same order.
//
//     reader_begin(r);                         forget what was gathered
//     redis_encode_…(&r->out, …);              any number of commands
//     reader_send(r);                          all of them at once
//     while ((reply = reader_reply(r)))        one for each command; the caller frees it
//
// If the server has closed the connection, it is opened again and the commands are sent once more, as long as no reply
// has come: reading twice does no harm. Set `writes` before commands that write. One thread at a time; no locks.
#pragma once

#include "collector/redis/conn.h"

struct reader_cluster;

struct reader {
	struct redis_settings settings; // address, rights, prefix, time-out; a copy
	struct redis_link *link;	// NULL while not connected, and in a cluster; owned
	struct reader_cluster *cluster; // NULL: a single Redis, or not connected yet; owned
	size_t node;			// cluster: node for commands without a key, 0…reader_nodes - 1
	struct redis_buffer out;	// commands gathered
	redisReply *first;		// read ahead by reader_send; owned
	size_t due;			// replies not yet read
	int64_t down_until_ms;		// monotonic; no new attempt to connect before
	bool writes;			// never send anything twice
	char why[512];			// of the last failure, one line
};

// Takes a copy of `settings`; connects later. Do not move it while it is in use.
void reader_init(struct reader *r, const struct redis_settings *settings);
void reader_free(struct reader *r);

void reader_begin(struct reader *r);

// Appends the argument "<prefix><family><tail>"; `family` with its colon.
void reader_key(struct reader *r, const char *family, const char *tail, size_t tail_len);

// Appends "<command> <key>" as the head of a command of `arguments` arguments.
void reader_command(struct reader *r, unsigned arguments, const char *command, const char *family, const char *tail,
	size_t tail_len);

// Appends a SCAN of "<prefix><family><pattern>" to `out`. Special characters of the prefix are escaped.
void reader_put_scan(const struct reader *r, struct redis_buffer *out, const char *cursor, const char *family,
	const char *pattern, unsigned count);

// Sends what was gathered. Returns 0, or -1 with the reason in `why` (closed).
int reader_send(struct reader *r);

// The next reply, which the caller frees (freeReplyObject). An error reply is a failure. NULL with
// the reason in `why` (closed).
redisReply *reader_reply(struct reader *r);

// Reads and forgets all replies that are due. Returns 0 or -1.
int reader_drain(struct reader *r);

// Notes why something failed and closes. Returns -1.
int reader_fail(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

// How many primaries hold the keys between them; 1 if Redis is not a cluster. Connects if that was not done yet. 0 with
// the reason in `why`.
size_t reader_nodes(struct reader *r);

// Changes whenever keys may have moved from one primary to another; asks the cluster. 0 with the reason in `why`.
uint64_t reader_version(struct reader *r);

// The primary that holds a key; its address (NULL: the one of the settings) and its id. Call after reader_nodes.
size_t reader_node_of(const struct reader *r, const char *key, size_t len);
const struct endpoint *reader_node_address(const struct reader *r, size_t node);
const char *reader_node_id(const struct reader *r, size_t node);

// A field of a stream's entry, by name; NULL if it has none.
const redisReply *reader_field(const redisReply *fields, const char *name);

// A score or an integer reply as a number; 0 for anything else.
int64_t reader_number(const redisReply *reply);
