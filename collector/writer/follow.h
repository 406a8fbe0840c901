// SPDX-License-Identifier: BSD-3-Clause
// What follows a batch: commands that depend on what Redis answered to it. They ride with the next
// transaction, or go on their own where none comes.
//
//     XADD new …                     a record that Redis had not held before
//     TYPE key                       the key holds something else: for the line in the log
//     EXPIRE, ZREMRANGEBYSCORE …     retention, of keys known to be sorted sets (retain.c)
//     ZREM first:, count:            in a cluster: members that retention removed from name:
//
// Writer thread only.
#pragma once

#include "collector/schema/schema.h"
#include "collector/writer/key_log.h"

enum follow_kind {
	FOLLOW_FEED,	// XADD
	FOLLOW_TYPE,	// TYPE
	FOLLOW_RETAIN,	// what it answers tells nothing
	FOLLOW_EXPIRE,	// ZCARD: where it is a sorted set, an EXPIRE follows
	FOLLOW_MEMBERS, // ZRANGEBYSCORE: the members that the next command removes from a name: key
	FOLLOW_REMOVE,	// ZREM of those; goes before the records of its transaction, all others behind them
};

enum {
	FOLLOW_PER_RECORD = 12,
	FOLLOW_MAX = FOLLOW_PER_RECORD * FRAME_RECORDS_MAX + KEY_LOG_MAX // commands after one batch
};

struct follow_note {
	size_t at; // offset of the command
	enum follow_kind kind;
	const char *expected; // FOLLOW_TYPE: "a sorted set"
};

struct follow {
	struct redis_buffer commands;
	struct follow_note *notes; // one a command; owned
	size_t len, capacity;	   // notes used, allocated
};

void follow_clear(struct follow *f);
void follow_free(struct follow *f);

// Moves what is in `tail` behind what is in `f`.
void follow_join(struct follow *f, struct follow *tail);

// Forgets the first `n` commands.
void follow_drop(struct follow *f, size_t n);

// The next command in `f->commands` is of this kind. Call it before the command is encoded.
void follow_note(struct follow *f, enum follow_kind kind);

// Appends an XADD for each fresh record.
void follow_feed(struct follow *f, const struct schema_frame *records, const struct redis_settings *s,
	const char *sensor);

// Redis answered WRONGTYPE to a command on `key`: counts it, and asks once what it is.
void follow_foreign(struct follow *f, const char *key, size_t key_len, const char *expected);

// The key of command `index`, for messages.
void follow_key(const struct follow *f, size_t index, const char **key, size_t *key_len);

// Takes the answer to command `index` of `f`: `result`, and the texts in it. What follows from it goes
// to `next`.
void follow_reply(const struct follow *f, size_t index, const struct redis_result *result,
	const struct redis_texts *texts, uint32_t texts_index, const struct redis_settings *s, struct follow *next);

// Takes the replies to all commands of `f`, which begin at `from` in `results`, and clears `f`.
void follow_replies(struct follow *f, const struct redis_results *results, uint32_t from,
	const struct redis_settings *s, struct follow *next);
