// SPDX-License-Identifier: BSD-3-Clause
// Commands that follow from the replies to a batch. They are sent with the next transaction (then they are its riders), or in
// one of their own if there is no batch.
//
//     XADD new …                     a record that is new in Redis
//     XADD watch:matched …           one that watch rules match
//     TYPE key                       a key of another type: what is it, for the log
//     EXPIRE, ZREMRANGEBYSCORE …     retention of keys that are known to be sorted sets (retain.c)
//     ZREM first:, count:            Cluster: members that retention removed from name:
//
// Writer thread only.
#pragma once

#include "collector/schema/schema.h"
#include "collector/writer/key_log.h"

enum follow_kind {
	FOLLOW_FEED,	// XADD
	FOLLOW_TYPE,	// TYPE
	FOLLOW_RETAIN,	// the reply is not used
	FOLLOW_EXPIRE,	// ZCARD: if it is a sorted set, an EXPIRE follows
	FOLLOW_MEMBERS, // ZRANGEBYSCORE: the members that the next command removes from a name: key
	FOLLOW_REMOVE,	// ZREM of those: before the records in its transaction; all other kinds are after them
};

enum {
	FOLLOW_PER_RECORD = 13,
	FOLLOW_MAX = FOLLOW_PER_RECORD * FRAME_RECORDS_MAX + KEY_LOG_MAX, // commands after one batch
	FOLLOW_MATCHED_MAX = 100000					  // entries of watch:matched
};

struct follow_note {
	size_t at; // offset of the command
	enum follow_kind kind;
	const char *expected; // FOLLOW_TYPE: "a sorted set"
};

struct follow {
	struct redis_buffer commands;
	struct follow_note *notes; // one per command; owned
	size_t len, capacity;	   // notes used, allocated
};

void follow_clear(struct follow *f);
void follow_free(struct follow *f);

// Moves all commands of `tail` to the end of `f`.
void follow_join(struct follow *f, struct follow *tail);

// Removes the first `n` commands.
void follow_drop(struct follow *f, size_t n);

// Call it before a command of this kind is encoded into `f->commands`.
void follow_note(struct follow *f, enum follow_kind kind);

// Appends an XADD per record that is new in Redis, and per record that watch rules match.
void follow_feed(struct follow *f, struct schema_frame *records, const struct redis_settings *s, const char *sensor);

// Redis replied WRONGTYPE to a command on `key`: counts it, and asks once for its type.
void follow_foreign(struct follow *f, const char *key, size_t key_len, const char *expected);

// The key of command `index`, for messages.
void follow_key(const struct follow *f, size_t index, const char **key, size_t *key_len);

// Takes the reply to command `index` of `f`: `result`, and the texts in it. What follows from it is appended to `next`.
void follow_reply(const struct follow *f, size_t index, const struct redis_result *result,
	const struct redis_texts *texts, uint32_t texts_index, const struct redis_settings *s, struct follow *next);

// Takes the replies to all commands of `f`, which begin at `from` in `results`, and clears `f`.
void follow_replies(struct follow *f, const struct redis_results *results, uint32_t from,
	const struct redis_settings *s, struct follow *next);
