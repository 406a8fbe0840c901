// SPDX-License-Identifier: BSD-3-Clause
// Sends the commands of a transaction and reads the replies to MULTI, to the queued commands and to EXEC.
#pragma once

#include "collector/redis/conn.h"

// Sends a buffer of commands and counts them. Returns 0, or -1 (closed).
int redis_transaction_send(struct redis_conn *c, const struct redis_buffer *out);

// Reads one reply, which must be the status OK: of WATCH, MULTI or DISCARD. Returns 0, or -1 (closed).
int redis_transaction_ok(struct redis_conn *c);

// Reads the replies of a transaction of `len` commands, those of EXEC into `results`; texts from `texts_from` on are kept.
// Returns 0 if it was carried out, or -1 (closed).
int redis_transaction_read(struct redis_conn *c, struct redis_results *results, uint32_t texts_from, uint32_t len);
