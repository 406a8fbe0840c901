// SPDX-License-Identifier: BSD-3-Clause
// One batch of the spool as one transaction, applied exactly once, in a Redis without Cluster. For a Redis Cluster see
// cluster.h.
//
//     WATCH  pdns:fence:<uuid> [pdns:seq]       <uuid>: of the spool
//     HGET   pdns:seq <uuid>                    must be the number of the previous batch, or EXEC is not sent
//     MULTI
//       HSET pdns:seq <uuid> <number>           of this batch
//       SET  pdns:fence:<uuid> <number> EX …
//       ZADD, ZINCRBY …                         schema/schema.h
//       ZADD pdns:sensors …, HINCRBY pdns:sensor:<id> …
//       XADD pdns:new …                         commands that follow from earlier batches: follow.h
//     EXEC
//
// Batch n + 1 is sent while Redis executes batch n, but its EXEC is held back until the reply to n is good. So batches are
// applied in order, and the number in pdns:seq says which ones were. Every failure closes the connection. After the next connect
// the number says where to continue.
//
//     collector   n+1: commands                EXEC, n+2: WATCH, MULTI; accounts of n; n+2: commands
//     Redis       EXEC of n ────────► replies, queues n+1 ─► EXEC of n+1 ──────► …
//
// Redis queues the commands of n + 1 while the reply to n is under way, so it does not wait. WATCH and MULTI of n + 1 are
// sent with the EXEC of n, in the same packet, and are answered with it.
//
// The fence: a closed connection may have left a transaction in a socket buffer, and Redis may read it only after the number
// was looked up (Redis was stopped, or waited for its disk). Every transaction watches the fence of its spool and changes it,
// and EXEC is sent only after the reply to WATCH. So of two transactions for one spool the later one does nothing, also if
// the other one is of a collector that was killed.
//
// Writer thread only.
#pragma once

#include "collector/writer/follow.h"
#include "collector/number/guard.h"
#include "collector/number/lease.h"
#include "collector/spool/spool.h"

enum {
	BATCH_OVERHEAD_MAX = 8,		   // commands before and after those of the records
	BATCH_RIDERS_MAX = 2 * FOLLOW_MAX, // riders of two batches: batch_give_back
	BATCH_RESULTS_MAX = SCHEMA_COMMANDS_MAX + BATCH_RIDERS_MAX + BATCH_OVERHEAD_MAX,
	BATCH_ANNOUNCED_MAX = 16
};

// Dataplanes whose pdns:sensor:<id> was written in full on this connection.
struct batch_announced {
	uint8_t streams[BATCH_ANNOUNCED_MAX][STREAM_UUID_SIZE];
	size_t len;  // used
	size_t next; // the entry that is overwritten next
};

// What the next transaction expects in Redis.
struct batch_claim {
	char uuid[STREAM_UUID_TEXT_SIZE]; // the spool's
	uint64_t number;		  // of the last batch that was applied, as in pdns:seq; 0: none
	bool shared;			  // other clients write pdns:seq as well, so it is not watched
	struct lease lease;		  // proves that the UUID belongs to this collector
};

// How far a batch is on the connection; README.md has the diagram.
enum batch_state {
	BATCH_IDLE,	 // nothing of it was sent
	BATCH_OPEN,	 // its WATCH and MULTI were sent with the EXEC of the batch before
	BATCH_SENT,	 // its commands were sent, EXEC was not
	BATCH_EXECUTING, // EXEC was sent, the replies are outstanding
};

struct batch {
	struct spool_batch in; // as read from the spool; owned
	enum batch_state state;
	uint64_t executed_ns; // monotonic time of its EXEC
	uint32_t ahead;	      // commands in `out` before HSET: WATCH, HGET and MULTI, or none if they were sent before
	uint32_t head_len;    // commands before those of the records
	uint32_t tail_len;    // commands after them
	uint64_t now_s;	      // wall clock when the commands were made
	struct schema_frame records;
	struct redis_buffer out; // as sent, without riders and EXEC
	struct redis_buffer end; // EXEC, then WATCH and MULTI of the next batch
	struct follow riders;	 // commands that follow from earlier batches, sent with this one
};

// Sends the transaction of `b->in` without EXEC. Returns 0, or -1: the connection is closed.
int batch_send(struct batch *b, struct redis_conn *c, struct batch_claim *claim,
	const struct batch_announced *announced, const struct redis_settings *s, const struct zone_list *zones);

// Waits for the replies to WATCH and HGET, and compares the number. Then sends `follow`, which moves into the batch, and EXEC,
// and WATCH and MULTI of `next` unless that is NULL. Returns 0, or -1 (closed).
int batch_execute(struct batch *b, struct redis_conn *c, struct follow *follow, struct batch *next,
	const struct batch_claim *claim, const struct redis_settings *s);

// Ends an open transaction if no batch came for it. Returns 0, or -1 (closed).
int batch_discard(struct batch *b, struct redis_conn *c);

// The batch was not applied: its riders go back to the front of `follow`.
void batch_give_back(struct batch *b, struct follow *follow);

// Commands about the sensor; in full if it `announces` the dataplane.
void batch_write_sensor(struct redis_buffer *out, const struct frame_hello *hello, const struct schema_frame *records,
	uint64_t now_s, bool announces, const struct redis_settings *s);

// True if pdns:sensor:<id> was written in full on this connection; and notes that it was.
bool batch_is_announced(const struct batch_announced *a, const struct frame_hello *hello);
void batch_announce(struct batch_announced *a, const struct frame_hello *hello);

// Sends `follow` in a transaction of its own, if there is no batch to send it with. Afterwards `follow` contains what
// follows from the replies. Returns 0, or -1 (closed).
int batch_send_follow(struct batch *b, struct redis_conn *c, struct redis_results *results, struct follow *follow,
	const struct redis_settings *s);

void batch_free(struct batch *b);
