// SPDX-License-Identifier: BSD-3-Clause
// Connections to Redis for looking back: never the writer's, opened when first needed and again
// after a failure. Commands are gathered and sent together, replies come in the same order; in a
// Redis Cluster each command goes to the primary that holds its key (cluster.h).
//
//     query_db_begin(db);                       forget what was gathered
//     redis_encode_…(&db->out, …);              any number of commands
//     query_db_send(db);                        all of them at once
//     while ((reply = query_db_reply(db)))      one for each command; the caller frees it
//
// A connection that the server had closed is opened again and the commands are sent once more, as
// long as no reply has come: reading twice does no harm. Whoever writes sets `writes` first.
// One thread at a time; no locks.
#pragma once

#include "collector/redis/conn.h"
#include "collector/base/zone.h"

struct names_index;
struct query_cluster;

struct query_db {
	struct redis_settings settings; // address, rights, prefix, time-out; a copy
	const struct zone_list *zones;	// borrowed; for registered domains
	struct names_index *index;	// borrowed, or NULL: names are then looked for in Redis
	struct names_index *targets;	// …and those that records point to
	char *suffixes;			// text of the public suffix list, or NULL where there is none; owned
	redisContext *context;		// NULL while not connected, and in a cluster; owned
	struct query_cluster *cluster;	// NULL: a single Redis, or not connected yet; owned
	size_t node;			// cluster: where commands without a key go, 0…query_db_nodes - 1
	struct redis_buffer out;	// commands gathered
	redisReply *first;		// read ahead by query_db_send; owned
	size_t due;			// replies not yet asked for
	int64_t down_until_ms;		// monotonic; no new attempt to connect before
	bool writes;			// never send anything twice
	char why[512];			// of the last failure, one line
};

// Takes a copy of `settings`; connects later. `suffix_file` is the setting psl.file, or empty.
void query_db_init(struct query_db *db, const struct redis_settings *settings, const struct zone_list *zones,
	const char *suffix_file);
void query_db_free(struct query_db *db);

void query_db_begin(struct query_db *db);

// Appends the argument "<prefix><family><tail>"; `family` with its colon.
void query_db_key(struct query_db *db, const char *family, const char *tail, size_t tail_len);

// Appends "<command> <key>" as the head of a command of `arguments` arguments.
void query_db_command(struct query_db *db, unsigned arguments, const char *command, const char *family,
	const char *tail, size_t tail_len);

// Appends a SCAN of "<prefix><family><pattern>" to `out`; the prefix stands for itself.
void query_db_put_scan(const struct query_db *db, struct redis_buffer *out, const char *cursor, const char *family,
	const char *pattern, unsigned count);

// Sends what was gathered. Returns 0, or -1 with the reason in `why` (closed).
int query_db_send(struct query_db *db);

// The next reply, which the caller frees (freeReplyObject). An error reply is a failure. NULL with
// the reason in `why` (closed).
redisReply *query_db_reply(struct query_db *db);

// Reads and forgets all replies that are due. Returns 0 or -1.
int query_db_drain(struct query_db *db);

// Notes why something failed and closes. Returns -1.
int query_db_fail(struct query_db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

// How many primaries hold the keys between them: 1 where Redis is no cluster. Connects where that was
// not done yet; 0 with the reason in `why`.
size_t query_db_nodes(struct query_db *db);

// Changes whenever keys may have moved from one primary to another; asks the cluster. 0: failed.
uint64_t query_db_version(struct query_db *db);

// True where a public suffix lies below `name` (text): its hosts are spread over several zones.
bool query_db_suffix_below(const struct query_db *db, const char *name, size_t len);

// A field of a stream's entry, by name; NULL where it has none.
const redisReply *query_db_field(const redisReply *fields, const char *name);

// A score or an integer reply as a number; 0 for anything else.
int64_t query_db_number(const redisReply *reply);
