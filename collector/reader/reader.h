// SPDX-License-Identifier: BSD-3-Clause
// Connections to Redis for looking back: never the writer's, opened when first needed and again
// after a failure. Commands are gathered and sent together, replies come in the same order; in a
// Redis Cluster each command goes to the primary that holds its key (cluster.h).
//
//     reader_begin(db);                       forget what was gathered
//     redis_encode_…(&db->out, …);              any number of commands
//     reader_send(db);                        all of them at once
//     while ((reply = reader_reply(db)))      one for each command; the caller frees it
//
// A connection that the server had closed is opened again and the commands are sent once more, as
// long as no reply has come: reading twice does no harm. Whoever writes sets `writes` first.
// One thread at a time; no locks.
#pragma once

#include "collector/redis/conn.h"
#include "collector/base/zone.h"

struct names_index;
struct reader_cluster;

struct reader {
	struct redis_settings settings; // address, rights, prefix, time-out; a copy
	const struct zone_list *zones;	// borrowed; for registered domains
	struct names_index *index;	// borrowed, or NULL: names are then looked for in Redis
	struct names_index *targets;	// …and those that records point to
	char *suffixes;			// text of the public suffix list, or NULL where there is none; owned
	redisContext *context;		// NULL while not connected, and in a cluster; owned
	struct reader_cluster *cluster; // NULL: a single Redis, or not connected yet; owned
	size_t node;			// cluster: where commands without a key go, 0…reader_nodes - 1
	struct redis_buffer out;	// commands gathered
	redisReply *first;		// read ahead by reader_send; owned
	size_t due;			// replies not yet asked for
	int64_t down_until_ms;		// monotonic; no new attempt to connect before
	bool writes;			// never send anything twice
	char why[512];			// of the last failure, one line
};

// Takes a copy of `settings`; connects later. `suffix_file` is the setting psl.file, or empty.
void reader_init(struct reader *db, const struct redis_settings *settings, const struct zone_list *zones,
	const char *suffix_file);
void reader_free(struct reader *db);

void reader_begin(struct reader *db);

// Appends the argument "<prefix><family><tail>"; `family` with its colon.
void reader_key(struct reader *db, const char *family, const char *tail, size_t tail_len);

// Appends "<command> <key>" as the head of a command of `arguments` arguments.
void reader_command(struct reader *db, unsigned arguments, const char *command, const char *family, const char *tail,
	size_t tail_len);

// Appends a SCAN of "<prefix><family><pattern>" to `out`; the prefix stands for itself.
void reader_put_scan(const struct reader *db, struct redis_buffer *out, const char *cursor, const char *family,
	const char *pattern, unsigned count);

// Sends what was gathered. Returns 0, or -1 with the reason in `why` (closed).
int reader_send(struct reader *db);

// The next reply, which the caller frees (freeReplyObject). An error reply is a failure. NULL with
// the reason in `why` (closed).
redisReply *reader_reply(struct reader *db);

// Reads and forgets all replies that are due. Returns 0 or -1.
int reader_drain(struct reader *db);

// Notes why something failed and closes. Returns -1.
int reader_fail(struct reader *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

// How many primaries hold the keys between them: 1 where Redis is no cluster. Connects where that was
// not done yet; 0 with the reason in `why`.
size_t reader_nodes(struct reader *db);

// Changes whenever keys may have moved from one primary to another; asks the cluster. 0: failed.
uint64_t reader_version(struct reader *db);

// True where a public suffix lies below `name` (text): its hosts are spread over several zones.
bool reader_suffix_below(const struct reader *db, const char *name, size_t len);

// A field of a stream's entry, by name; NULL where it has none.
const redisReply *reader_field(const redisReply *fields, const char *name);

// A score or an integer reply as a number; 0 for anything else.
int64_t reader_number(const redisReply *reply);
