// SPDX-License-Identifier: BSD-3-Clause
// A spool's UUID in Redis belongs to one running collector. A copy of the folder, a cloned machine, or a
// backup put back has the same UUID; two that number their batches under it would take each other's for their
// own.
//
//     pdns:owner:{<uuid>}   hash   now → NONCE            of the collector that took the spool over last
//                                  generation → G         which was the G-th time
//                                  G → "NONCE BATCH"      from whom, and the last batch that it had from them
//     pdns:lease:{<uuid>}   string "NONCE BATCH", the last one that Redis has, who and where; expires
//     LEASE_MS after it was renewed
//
// The owner is looked at in each transaction, behind the WATCH of its key (batch.h), so what was taken
// over cannot be written by the one before. To take over, the lease has to be free, or left by a process of
// the same folder that is dead by the folder's lock. The nonces of a folder are on its disk, so a restart
// proves itself wherever it runs. Only Redis's clock counts.
//
// Somebody else is the owner: what of this spool they have is known from their take-over. Once Redis has it,
// this spool drops it and goes on under a new UUID with the rest; where that cannot be known, it stops and a
// person decides.
#pragma once

#include "collector/redis/conn.h"
#include "collector/spool/spool.h"

enum { LEASE_MS = 15000, LEASE_RENEW_MS = 4000, LEASE_HISTORY = 64 };

struct lease {
	uint64_t nonce;	     // what `now` is while the spool is ours
	uint64_t applied;    // the last batch that Redis has: told with the lease
	uint64_t renewed_ms; // monotonic time of the last renewal that was sent; 0: never
	uint64_t seen_ms;    // monotonic time since when somebody else's lease was seen without a gap; 0: none is
	bool told;	     // the trouble is in the log
};

// LEASE_TAKEN: ours. LEASE_NEW_UUID: the spool has another UUID, look again. LEASE_FAILED: closed, with the
// trouble.
enum lease_outcome { LEASE_FAILED = -1, LEASE_TAKEN, LEASE_NEW_UUID };

// After a connect, behind a WATCH. `number`: the last batch that Redis has of the spool, as far as is known.
enum lease_outcome lease_take(struct lease *l, struct redis_conn *c, const struct redis_settings *s,
	struct spool *spool, uint64_t number);

// Commands: SET of the lease; HGET of the owner. Words: the key of the owner.
void lease_write(struct lease *l, struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
void lease_ask(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
void lease_key(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);

// `tail`: a key without its prefix. Of the keys above, or beside them (numbered.h): they say nothing about what was applied.
bool lease_is_key(const char *tail);

bool lease_is_due(const struct lease *l);

// Reads the answer to lease_ask. 0: ours, or `l` is NULL; -1: closed.
int lease_expect(const struct lease *l, struct redis_conn *c);

// With nothing to write: renews it if it is due and ours. 0, or -1 (closed).
int lease_keep(struct lease *l, struct redis_conn *c, const struct redis_settings *s, const char *uuid);

// In a cluster: a connection to the node that holds the owner's key. 0, or -1 (closed).
int lease_open(struct redis_conn *c, const struct redis_settings *s, const char *uuid);

// At the end. `forget`: the spool is no more, nor is its owner. 0, or -1 (closed).
int lease_leave(struct lease *l, struct redis_conn *c, const struct redis_settings *s, const char *uuid, bool forget);

// Something else stands in the place of the owner: `*foreign`, and one line that says so in `why`. 0, or -1 (closed).
int lease_is_foreign(struct redis_conn *c, const struct redis_settings *s, const char *uuid, bool *foreign, char *why,
	size_t why_size);

// A person's decision: whoever comes next is the owner; what else stood in its place is kept aside. 0, or -1 (closed); `who` has the lease and keeps it
// from being done, if it is not empty.
int lease_void(struct redis_conn *c, const struct redis_settings *s, const char *uuid, char *who, size_t who_size);
