// SPDX-License-Identifier: BSD-3-Clause
// Reads INFO of Redis and finds what endangers records: settings that lose them, and an append-only file that may end
// within a transaction.
//
//     Redis is killed during a write ──► it starts and truncates its file after the last complete command, which may
//     leave the beginning of a transaction ──► new commands are appended ──► at the next start, Redis executes that
//     beginning together with them
//
// So after each start of a Redis with an append-only file, the collector has the file rewritten before its first write. A
// file that was rewritten since the start contains no such beginning.
#pragma once

#include "collector/redis/conn.h"

// Warnings: bit, label in /metrics.
#define REDIS_WARNINGS(X) \
	X(EVICTION, "eviction") \
	X(MEMORY, "memory") \
	X(PERSISTENCE, "persistence") \
	X(DISK, "disk") \
	X(RIGHTS, "rights")

#define REDIS_WARNING_BIT(value, label) REDIS_WARNING_##value,
enum redis_warning { REDIS_WARNINGS(REDIS_WARNING_BIT) REDIS_WARNING_MAX };

extern const char *const redis_warning_label[REDIS_WARNING_MAX];

// Reads the reply to INFO. `text` NULL: the command was refused.
void redis_info_read(struct redis_info *info, const char *text);

// The value of a field of the reply to INFO ("<name>:<value>"), empty if there is none; or as a number, `missing` if there is none.
void redis_info_field(const char *text, const char *name, char *out, size_t out_size);
long long redis_info_number(const char *text, const char *name, long long missing);

// Sends INFO; if there is no append-only file, also asks for the times of snapshots. Returns 0, or -1 (closed).
int redis_info_ask(struct redis_conn *c);

// Receives a warning: one line, `WHAT: found X, expected Y; DO`.
typedef void redis_info_take(void *context, enum redis_warning warning, const char *line);

// Calls `take` for each warning.
void redis_info_each(const struct redis_info *info, redis_info_take *take, void *context);

// Returns the warnings, one bit each. `words` gets one line per warning.
unsigned redis_info_judge(const struct redis_info *info, char *words, size_t words_size);

// Has the append-only file rewritten, unless that was done since Redis started, and waits up to a second for it. Returns 0
// if it is done or not allowed; otherwise -1 (closed) with REDIS_TROUBLE_REWRITE: retry.
int redis_info_settle(struct redis_conn *c);
