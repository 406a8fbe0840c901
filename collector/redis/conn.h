// SPDX-License-Identifier: BSD-3-Clause
// One connection to Redis: connect, authenticate, select the database, check the server; write commands, read replies.
// After a failure there is a trouble (error.h) and one line of text, and the connection is closed: a new connection
// starts from a known state. One thread at a time; no locks.
#pragma once

#include "collector/redis/encode.h"
#include "collector/redis/error.h"
#include "collector/redis/link.h"

// Whether its append-only file may contain an incomplete transaction (info.h).
enum redis_aof { REDIS_AOF_NONE, REDIS_AOF_CLEAN, REDIS_AOF_DOUBTFUL, REDIS_AOF_BUSY, REDIS_AOF_FAILED };

// What INFO says.
struct redis_info {
	bool known;	     // the ACL allows INFO
	char version[32];    // "7.0.15"
	char role[16];	     // "master", "slave", or empty
	char run_id[48];     // changes with each start of Redis
	char policy[24];     // maxmemory-policy
	uint64_t memory;     // octets in use
	uint64_t memory_max; // 0: no limit
	uint64_t keys;	     // of all databases
	uint64_t evicted;    // keys, since its start
	enum redis_aof aof;
	bool aof_unwritten;  // the last write to it failed
	bool no_snapshots;   // no snapshots are configured; read only if there is no append-only file
	bool rewrite_denied; // BGREWRITEAOF is not allowed
	bool cluster;	     // it is a node of a cluster
	bool loading;	     // it still loads its data, and does not say how its append-only file is
};

struct redis_conn {
	struct redis_link *link;    // NULL while not connected; owned
	uint64_t epoch;		    // counts connections, from 1
	enum redis_trouble trouble; // of the last failure
	char why[512];		    // the same in words, one line
	struct redis_info info;	    // of the last INFO
	char clean_run_id[48];	    // of the start since which the append-only file was rewritten
	bool foreign_seq;	    // its key pdns:seq is no hash
	size_t preferred;	    // which of the addresses worked last
	struct endpoint at;	    // the address of this connection
};

// One reply, or one element of the array reply to EXEC. No allocation per reply.
struct redis_result {
	int type;		    // REDIS_REPLY_*
	enum redis_trouble trouble; // of an error reply, else NONE
	long long integer;	    // an integer, or a bulk string read as a decimal number
	bool decimal;		    // of a bulk string: it is such a number, of at most 18 digits
};

// A text in an array reply: a status or a string. In a nested array, under the index of that array.
struct redis_text {
	uint32_t index; // in the array
	uint32_t len;	// octets
	size_t at;	// offset in `bytes`
};

struct redis_texts {
	size_t from, to;       // indexes from…to - 1 are kept
	struct redis_text *at; // owned; redis_texts_free
	size_t len, capacity;  // used, allocated
	struct redis_buffer bytes;
};

struct redis_results {
	struct redis_result *at;    // for the elements of an array reply; owned by the caller
	size_t capacity;	    // how many there is room for
	size_t len;		    // elements of the array reply
	struct redis_result top;    // the reply itself
	size_t errors;		    // error replies seen since the caller cleared it
	enum redis_trouble trouble; // of the first of them
	char error[256];	    // its text
	struct redis_texts texts;   // the texts to keep; `from` = `to`: none
};

// Forgets the texts. Of the next array reply, the texts with index from…to - 1 are kept.
void redis_texts_keep(struct redis_texts *t, size_t from, size_t to);
void redis_texts_free(struct redis_texts *t);

// Connects to the primary that a Sentinel names, or to the first address that accepts writes; in a cluster, to any node.
// Returns 0, or -1 with trouble and text.
int redis_conn_open(struct redis_conn *c, const struct redis_settings *s);
void redis_conn_close(struct redis_conn *c);

// Notes a trouble, counts it and closes. Returns -1.
int redis_conn_fail(struct redis_conn *c, enum redis_trouble trouble, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Writes all of `bytes`. Returns 0, or -1 (closed).
int redis_conn_write(struct redis_conn *c, const char *bytes, size_t size);

// Sends the commands of `b` and reads one reply as hiredis objects; the caller frees it
// (freeReplyObject). NULL: closed. Error replies are replies.
redisReply *redis_conn_ask(struct redis_conn *c, const struct redis_buffer *b);

// Skips up to `most` replies "+QUEUED" that have arrived, up to the first other reply. Returns how many.
uint32_t redis_conn_skip_queued(struct redis_conn *c, uint32_t most);

// Reads one reply into `results`: `top`, and `at` if it is an array. Returns 0, or -1 (closed).
int redis_conn_read(struct redis_conn *c, struct redis_results *results);
