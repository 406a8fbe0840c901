// SPDX-License-Identifier: BSD-3-Clause
// Inside the lease, between lease.c (commands, holding on) and lease_take.c (taking over,
// parting).
#pragma once

#include "collector/redis/conn.h"

enum { LEASE_TEXT_SIZE = 400 };

// The key of a family as one argument; WATCH and HGET of the owner; one command and the text of its reply,
// empty where there is none (0, or -1: closed); a lease taken apart: who has it.
void lease_put_key(struct redis_buffer *out, const struct redis_settings *s, const char *family, const char *uuid);
int lease_send(struct redis_conn *c, struct redis_buffer *b, char *out, size_t out_size);
void lease_get(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, const char *field);
// The text of the lease, empty where there is none; a key of another type is nobody's, and overwritten. 0, or -1 (closed).
int lease_holder(struct redis_conn *c, const struct redis_settings *s, const char *uuid, char out[LEASE_TEXT_SIZE]);
const char *lease_read(const char *text, uint64_t *nonce, uint64_t *applied);
void lease_watch(struct redis_buffer *out, const struct redis_settings *s, const char *uuid);
