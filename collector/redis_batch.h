// SPDX-License-Identifier: BSD-3-Clause
// One frame as one transaction, applied exactly once.
//
//     WATCH  pdns:fence:<uuid>                  see below
//     MULTI
//       HSET pdns:seq <uuid> <number>           what was applied, in the same transaction
//       SET  pdns:fence:<uuid> <number> EX …
//       ZADD, ZINCRBY …                         redis_schema.h
//       ZADD pdns:sensors …, HINCRBY pdns:sensor:<id> …
//       XADD pdns:new …                         records of the frame before that were new
//     EXEC
//
// The next batch is sent while Redis works on the one before, but its EXEC is held back until that
// one's reply is good: batches are applied in order or not at all, so the one number in pdns:seq
// says which were. Whatever goes wrong closes the connection; the number decides after the next.
//
// The fence: a connection that was given up may still have a transaction in a socket buffer which
// Redis reads only after the number was looked up (it was stopped, or busy with its disk). Every
// transaction watches its stream's fence and changes it, and no EXEC is sent before the WATCH was
// answered; so of two transactions in flight for one stream the later one does nothing. That also
// holds for a transaction that a killed collector left behind.
//
// Writer thread only.
#pragma once

#include "collector/queue.h"
#include "collector/redis_schema.h"

enum {
	BATCH_OVERHEAD_MAX = 8, // commands around those of the records
	BATCH_RESULTS_MAX = SCHEMA_COMMANDS_MAX + FRAME_RECORDS_MAX + BATCH_OVERHEAD_MAX,
	BATCH_FENCE_S = 7 * 86400 // a fence goes by itself when its stream ended without BYE
};

// Records that are new to Redis, as commands that wait for the next transaction.
struct redis_feed {
	struct redis_buffer commands; // XADD, one a record
};

struct redis_batch {
	const struct queue_frame *frame; // NULL: nothing sent
	uint32_t head_len;		 // commands before those of the records
	uint32_t tail_len;		 // commands after them
	uint32_t feed_len;		 // XADDs after those, set by redis_batch_execute
	bool announces;			 // pdns:sensor:<id> is written in full
	uint64_t now_s;			 // wall clock when it was made
	struct schema_frame records;
	struct redis_buffer out; // as sent, without feed and EXEC
};

// Sends a frame's transaction, all but EXEC. Returns 0, or -1 (closed).
int redis_batch_send(struct redis_batch *b, struct redis_conn *c, const struct queue_frame *frame,
	const struct redis_settings *s, const struct zone_list *zones);

// Waits for the WATCH, then sends the feed and EXEC. Returns 0, or -1 (closed).
int redis_batch_execute(struct redis_batch *b, struct redis_conn *c, const struct redis_feed *feed);

// Reads the replies and counts what became of the records; on success the feed that rode along is
// cleared and the frame's own new records are put into it. `results->at` has room for
// BATCH_RESULTS_MAX. Returns 0: applied; or -1 (closed).
int redis_batch_finish(struct redis_batch *b, struct redis_conn *c, struct redis_results *results,
	struct redis_feed *feed, const struct redis_settings *s);

// Looks up which frames of a stream Redis holds, behind its fence. Returns 0 with stream->applied
// set, or -1 (closed). No transaction may be open on the connection.
int redis_batch_look_up(struct redis_conn *c, struct stream *stream, const struct redis_settings *s);

// Forgets a stream whose dataplane has read the last acknowledgement. Returns 0, or -1 (closed).
int redis_batch_forget(struct redis_conn *c, const struct stream *stream, const struct redis_settings *s);

// Sends the feed on its own, when no frame follows to take it along. Returns 0, or -1 (closed).
int redis_batch_send_feed(struct redis_conn *c, struct redis_results *results, struct redis_feed *feed,
	const struct redis_settings *s);

void redis_batch_free(struct redis_batch *b);
