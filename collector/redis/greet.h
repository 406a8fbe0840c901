// SPDX-License-Identifier: BSD-3-Clause
// The first words to a Redis or a Sentinel, for both that connect: the writer (open.c) and lookups
// (reader/connect.c).
#pragma once

#include "collector/redis/conn.h"

// How long to wait for the next thing from Redis: redis.timeout, and not beyond `until_ms`.
int64_t redis_greet_patience_ms(const struct redis_settings *s);

// Opens the socket, with the time-out of the settings. NULL without memory; else `err` of the context tells.
redisContext *redis_greet_socket(const struct redis_settings *s, const struct endpoint *at);

// The password of the settings, from its file where there is one; empty: none. 0, or -1 with one line in `why`.
int redis_greet_password(const struct redis_settings *s, char *out, size_t out_size, char *why, size_t why_size);

// Encode AUTH and SELECT.
void redis_greet_auth(struct redis_buffer *b, const struct redis_settings *s, const char *password);
void redis_greet_select(struct redis_buffer *b, const struct redis_settings *s);
