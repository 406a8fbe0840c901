// SPDX-License-Identifier: BSD-3-Clause
// One batch of the spool as one transaction, applied exactly once. This is Redis without Cluster;
// cluster.h has the other.
//
//     WATCH  pdns:fence:<uuid> [pdns:seq]       the spool's UUID; see below
//     HGET   pdns:seq <uuid>                    has to be the number of the batch before, else no EXEC is sent
//     MULTI
//       HSET pdns:seq <uuid> <number>           what was applied, in the same transaction
//       SET  pdns:fence:<uuid> <number> EX …
//       ZADD, ZINCRBY …                         schema/schema.h
//       ZADD pdns:sensors …, HINCRBY pdns:sensor:<id> …
//       XADD pdns:new …                         what follows batches before: follow.h
//     EXEC
//
// The next batch is sent while Redis works on the one before, but its EXEC is held back until that
// one's reply is good: batches are applied in order or not at all, so the one number in pdns:seq
// says which were. Whatever goes wrong closes the connection; the number decides after the next.
//
//     collector   n+1: commands                EXEC, n+2: WATCH, MULTI; accounts of n; n+2: commands
//     Redis       EXEC of n ────────► replies, queues n+1 ─► EXEC of n+1 ──────► …
//
// Redis has the commands of n + 1 to queue while the reply to n is on its way, so it does not wait. The WATCH and
// MULTI of n + 1 go behind the EXEC of n, in the same packet, so that they are answered with it.
//
// The fence: a connection that was given up may still have a transaction in a socket buffer which
// Redis reads only after the number was looked up (it was stopped, or busy with its disk). Every
// transaction watches its spool's fence and changes it, and no EXEC is sent before the WATCH was
// answered; so of two transactions in flight for one spool the later one does nothing. That also
// holds for a transaction that a killed collector left behind.
//
// Writer thread only.
#pragma once

#include "collector/writer/follow.h"
#include "collector/number/guard.h"
#include "collector/number/lease.h"
#include "collector/spool/spool.h"

enum {
	BATCH_OVERHEAD_MAX = 8,		   // commands around those of the records
	BATCH_RIDERS_MAX = 2 * FOLLOW_MAX, // what follows two batches: batch_give_back
	BATCH_RESULTS_MAX = SCHEMA_COMMANDS_MAX + BATCH_RIDERS_MAX + BATCH_OVERHEAD_MAX,
	BATCH_ANNOUNCED_MAX = 16
};

// Which dataplanes were written to pdns:sensor:<id> in full on this connection.
struct batch_announced {
	uint8_t streams[BATCH_ANNOUNCED_MAX][STREAM_UUID_SIZE];
	size_t len;  // used
	size_t next; // the place that is overwritten next
};

// Under which name the transactions run, and what Redis holds before the next one.
struct batch_claim {
	char uuid[STREAM_UUID_TEXT_SIZE]; // the spool's
	uint64_t number;		  // of the last batch that was applied; 0: none
	bool shared;			  // others write pdns:seq as well: it is not watched
	struct lease lease;		  // the UUID is this collector's
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
	uint32_t ahead;	   // commands in `out` before those of the transaction: WATCH and MULTI, or none
	uint32_t head_len; // commands before those of the records
	uint32_t tail_len; // commands after them
	uint64_t now_s;	   // wall clock when it was made
	struct schema_frame records;
	struct redis_buffer out; // as sent, without what rides along and EXEC
	struct redis_buffer end; // EXEC, and WATCH and MULTI of the next one
	struct follow riders;	 // what follows the batch before, sent with this one
};

// Sends the transaction of `b->in`, all but EXEC. Returns 0, or -1 (closed).
int batch_send(struct batch *b, struct redis_conn *c, struct batch_claim *claim,
	const struct batch_announced *announced, const struct redis_settings *s, const struct zone_list *zones);

// Waits for the WATCH and for the number that Redis holds, then sends `follow`, which moves into the batch, and EXEC;
// behind it WATCH and MULTI of `next`, where that is not NULL. Returns 0, or -1 (closed).
int batch_execute(struct batch *b, struct redis_conn *c, struct follow *follow, struct batch *next,
	const struct batch_claim *claim, const struct redis_settings *s);

// No batch came for what is open. Returns 0, or -1 (closed).
int batch_discard(struct batch *b, struct redis_conn *c);

// The batch was not applied: what rode along goes back into `follow`, before what is there.
void batch_give_back(struct batch *b, struct follow *follow);

// The commands about the sensor. batch_is_announced: pdns:sensor:<id> is known on the connection.
void batch_write_sensor(struct redis_buffer *out, const struct frame_hello *hello, const struct schema_frame *records,
	uint64_t now_s, bool announces, const struct redis_settings *s);
bool batch_is_announced(const struct batch_announced *a, const struct frame_hello *hello);
void batch_announce(struct batch_announced *a, const struct frame_hello *hello);

// Sends `follow` as a transaction of its own, when no batch comes to take it along. What follows from
// that is in it afterwards. Returns 0, or -1 (closed).
int batch_send_follow(struct batch *b, struct redis_conn *c, struct redis_results *results, struct follow *follow,
	const struct redis_settings *s);

void batch_free(struct batch *b);
