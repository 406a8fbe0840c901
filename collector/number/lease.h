// SPDX-License-Identifier: BSD-3-Clause
// A spool's UUID in Redis belongs to one running collector. A copy of the folder, a cloned machine or a restored backup has the
// same UUID. If two collectors numbered their batches under it, each would take the other's batches for its own.
//
//     pdns:owner:{<uuid>}   hash   now → NONCE            of the present owner, who took the UUID over last
//                                  generation → G         number of take-overs
//                                  G → "NONCE BATCH"      previous owner, and the last batch that Redis had then
//     pdns:lease:{<uuid>}   string "NONCE BATCH", last batch in Redis, process and host; expires LEASE_MS after
//                                  it was renewed
//
// Each transaction watches the key of the owner and compares it (writer/batch.h), so a previous owner cannot write any more. A
// take-over needs an expired lease, or one of a process of the same folder that is dead (the folder's lock is free). The nonces of
// a folder are in its files, so a restarted collector proves itself on any host. Only the clock of Redis counts.
//
// If another collector is the owner, its take-over says which batches of this spool it has. When Redis has them, this spool drops
// them and continues with the rest under a new UUID. If that is not known, it stops and a person decides.
#pragma once

#include "collector/redis/conn.h"
#include "collector/spool/spool.h"

enum { LEASE_MS = 15000, LEASE_RENEW_MS = 4000, LEASE_HISTORY = 64 };

struct lease {
	uint64_t nonce;	     // value of `now` while the UUID is ours
	uint64_t applied;    // last batch that Redis has, written with the lease
	uint64_t renewed_ms; // monotonic time of the last renewal that was sent; 0: never
	uint64_t seen_ms;    // monotonic time since which the lease of another owner exists; 0: none
	bool logged;	     // the trouble is in the log
};

// LEASE_TAKEN: the UUID is ours. LEASE_NEW_UUID: the spool has a new UUID, start again with it. LEASE_FAILED: the connection is
// closed and has the reason.
enum lease_outcome { LEASE_FAILED = -1, LEASE_TAKEN, LEASE_NEW_UUID };

// After a connect. `number`: the last batch of the spool that Redis is known to have.
enum lease_outcome lease_take(struct lease *l, struct redis_conn *c, const struct redis_settings *s,
	struct spool *spool, uint64_t number);

// Encode: SET of the lease; HGET of the owner; the key of the owner as one argument.
void lease_write(struct lease *l, struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
void lease_ask(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
void lease_key(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);

// True if `tail`, a key without redis.prefix, is one of the keys above or of numbered.h. They exist before any batch was applied.
bool lease_is_key(const char *tail);

bool lease_is_due(const struct lease *l);

// Reads the reply to lease_ask. Returns 0: the UUID is ours, or `l` is NULL; or -1 (closed).
int lease_expect(const struct lease *l, struct redis_conn *c);

// Without a batch to send: renews the lease if that is due. Returns 0, or -1 (closed).
int lease_keep(struct lease *l, struct redis_conn *c, const struct redis_settings *s, const char *uuid);

// In a cluster: connects to the node that has the key of the owner. Returns 0, or -1 (closed).
int lease_open(struct redis_conn *c, const struct redis_settings *s, const char *uuid);

// At the end: gives the lease back. `forget`: the spool was deleted, so the owner is deleted as well. Returns 0, or -1 (closed).
int lease_leave(struct lease *l, struct redis_conn *c, const struct redis_settings *s, const char *uuid, bool forget);

// Sets `*foreign` if the key of the owner has another type, and one line about it in `why`. Returns 0, or -1 (closed).
int lease_is_foreign(struct redis_conn *c, const struct redis_settings *s, const char *uuid, bool *foreign, char *why,
	size_t why_size);

// A person decided: the next collector becomes the owner. A key of another type is renamed. Returns 0, or -1 (closed). If `who` is
// not empty afterwards, it has the lease, and nothing was done.
int lease_void(struct redis_conn *c, const struct redis_settings *s, const char *uuid, char *who, size_t who_size);
