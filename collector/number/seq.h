// SPDX-License-Identifier: BSD-3-Clause
// The number of a spool in a Redis without Cluster: in the hash pdns:seq and in the string pdns:fence:<uuid> (guard.h). The
// transactions that set it are in writer/batch.h.
#pragma once

#include "collector/number/guard.h"

// Encode: WATCH of fence and owner, and of pdns:seq unless other clients write it as well (`shared`);
void seq_put_watch(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, bool shared);
// HGET of the number;
void seq_put_ask(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
// HSET and SET of the number, both copies.
void seq_put_number(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, uint64_t number);

// Reads what Redis has of a spool, after its fence. Returns 0, or -1 (closed). No transaction may be open on the connection.
int seq_look_up(struct redis_conn *c, const char *uuid, const struct redis_settings *s, struct guard *found);

// Writes `number` into both copies: all batches up to it count as applied. If pdns:seq has another type (`foreign`), it is renamed
// to pdns:seq:foreign-<time>. Returns 0, or -1 (closed).
int seq_claim(struct redis_conn *c, const char *uuid, const struct redis_settings *s, uint64_t number, bool foreign);

// Removes both copies, of a spool that was deleted. Returns 0, or -1 (closed).
int seq_forget(struct redis_conn *c, const char *uuid, const struct redis_settings *s);
