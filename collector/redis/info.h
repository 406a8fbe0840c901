// SPDX-License-Identifier: BSD-3-Clause
// What a Redis tells of itself (INFO), and what of that endangers what is written: settings that make records vanish, and
// an append-only file that may end within a transaction.
//
//     Redis is killed within a write ──► starts: cuts its file behind the last whole command, which may leave the
//     beginning of a transaction ──► what is written next is appended ──► the next start carries the beginning out as
//     well, with what follows
//
// So after each start of a Redis with an append-only file the file is rewritten before the first write: a file that
// was, since the start, has no such beginning, and what a collector finds there was whole.
#pragma once

#include "collector/redis/conn.h"

// What to warn of: bit, label in /metrics.
#define REDIS_WARNINGS(X) \
	X(EVICTION, "eviction") \
	X(MEMORY, "memory") \
	X(PERSISTENCE, "persistence") \
	X(DISK, "disk") \
	X(RIGHTS, "rights")

#define REDIS_WARNING_BIT(value, label) REDIS_WARNING_##value,
enum redis_warning { REDIS_WARNINGS(REDIS_WARNING_BIT) REDIS_WARNING_MAX };

extern const char *const redis_warning_label[REDIS_WARNING_MAX];

// Reads the answer to INFO. `text` NULL: it was refused.
void redis_info_read(struct redis_info *info, const char *text);

// Asks for INFO anew, and where there is no append-only file for the times of snapshots. Returns 0, or -1 (closed).
int redis_info_ask(struct redis_conn *c);

// The warnings, one bit each; the words of each are in `words` (lines).
unsigned redis_info_judge(const struct redis_info *info, char *words, size_t words_size);

// Has the append-only file rewritten where that was not done since Redis started, and waits a moment for it. Returns 0
// where it is done or cannot be asked for; else -1 (closed) with REDIS_TROUBLE_REWRITE: try again.
int redis_info_settle(struct redis_conn *c);
