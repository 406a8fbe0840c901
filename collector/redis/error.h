// SPDX-License-Identifier: BSD-3-Clause
// Kinds of trouble with Redis, each with its own remedy. One line here makes the value, the label in /metrics and
// the sentence; the prefixes of error replies are in error.c.
#pragma once

#include <stddef.h>
#include <stdint.h>

// clang-format off
#define REDIS_TROUBLES(X) \
	/* value, label, sentence */ \
	X(NONE,      "none",       "no trouble") \
	X(CONNECT,   "connect",    "cannot connect") \
	X(TIMEOUT,   "timeout",    "no answer within redis.timeout") \
	X(CLOSED,    "closed",     "connection lost") \
	X(TLS,       "tls",        "TLS failed, or the server's certificate is not accepted") \
	X(PROTOCOL,  "protocol",   "this is not a Redis server") \
	X(VERSION,   "version",    "the server is too old") \
	X(PASSWORD,  "password",   "the user or password is wrong, or one is needed (redis.user, redis.password)") \
	X(DATABASE,  "database",   "there is no such database (redis.database)") \
	X(LOADING,   "loading",    "it is still loading its data") \
	X(READONLY,  "readonly",   "it is a read-only replica") \
	X(OOM,       "oom",        "its memory limit is reached (maxmemory)") \
	X(MISCONF,   "misconf",    "it cannot save to its disk and rejects writes") \
	X(NOPERM,    "noperm",     "its ACL does not allow this user a command that is needed") \
	X(BUSY,      "busy",       "it is busy with a script") \
	X(CLUSTER,   "cluster",    "it rejects commands: it is a node of a cluster, or has no primary") \
	X(WRONGTYPE, "wrong_type", "a key has another type than expected") \
	X(FENCED,    "fenced",     "another connection wrote batches of this spool; reading its number again") \
	X(OWNED,     "owned",      "another collector has the UUID of this spool") \
	X(NUMBER,    "number",     "its number of this spool is missing or not ours") \
	X(REWRITE,   "rewrite",    "its append-only file is being rewritten after its start") \
	X(MEMORY,    "memory",     "out of memory for commands") \
	X(ERROR,     "error",      "it rejected a command")
// clang-format on

#define REDIS_TROUBLE_VALUE(value, label, sentence) REDIS_TROUBLE_##value,
enum redis_trouble { REDIS_TROUBLES(REDIS_TROUBLE_VALUE) REDIS_TROUBLE_MAX };

extern const char *const redis_trouble_label[REDIS_TROUBLE_MAX];
extern const char *const redis_trouble_sentence[REDIS_TROUBLE_MAX];

// How often each occurred. Writer thread: rw (stats_add), others read.
extern uint64_t redis_trouble_count[REDIS_TROUBLE_MAX];

// The trouble that an error reply (without its leading '-') means. Never NONE.
enum redis_trouble redis_trouble_of(const char *text, size_t len);
