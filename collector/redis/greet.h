// SPDX-License-Identifier: BSD-3-Clause
// Opens a connection to Redis or a Sentinel: what the writer (open.c) and lookups (reader/connect.c) have in common.
#pragma once

#include "collector/redis/encode.h"
#include "collector/redis/link.h"

// How long to wait for Redis now: redis.timeout, but not beyond `until_ms`.
int64_t redis_greet_patience_ms(const struct redis_settings *s);

// Connects, with TLS if the settings want it (link.h).
struct redis_link *redis_greet_socket(const struct redis_settings *s, const struct endpoint *at);

// The password of the settings, or of its file; empty: none. Returns 0, or -1 with one line in `why`.
int redis_greet_password(const struct redis_settings *s, char *out, size_t out_size, char *why, size_t why_size);

// Encode AUTH and SELECT.
void redis_greet_auth(struct redis_buffer *b, const struct redis_settings *s, const char *password);
void redis_greet_select(struct redis_buffer *b, const struct redis_settings *s);
