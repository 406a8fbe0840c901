// SPDX-License-Identifier: BSD-3-Clause
// Shared by lease.c (commands, renewal) and lease_take.c (take-over). Not for other files.
#pragma once

#include "collector/redis/conn.h"

enum { LEASE_TEXT_SIZE = 400 };

// Sends one command. `out`: the text of the reply, empty if there is none. Returns 0, or -1 (closed).
int lease_send(struct redis_conn *c, struct redis_buffer *b, char *out, size_t out_size);
// Encodes HGET of a field of the owner.
void lease_get(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, const char *field);
// The text of the lease; empty if there is none, or a key of another type, which is overwritten later. Returns 0, or -1 (closed).
int lease_holder(struct redis_conn *c, const struct redis_settings *s, const char *uuid, char out[LEASE_TEXT_SIZE]);
// Parses a lease. Returns who has it: process and host.
const char *lease_read(const char *text, uint64_t *nonce, uint64_t *applied);
// Encodes WATCH of the owner.
void lease_watch(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
