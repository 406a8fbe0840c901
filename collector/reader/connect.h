// SPDX-License-Identifier: BSD-3-Clause
// Opens connections for lookups: connect, authenticate, select the database. Unlike the writer's
// (redis/conn.h) they may go to a replica, and their user needs no permission to write.
#pragma once

#include "collector/redis/conn.h"

// Connects to `at`; if it is NULL, to an address of the settings: the first that is a primary, else
// the first that answers; with Sentinels, the primary that they report. The caller frees
// (redis_link_free). NULL with one line in `why`.
struct redis_link *reader_connect(const struct redis_settings *s, const struct endpoint *at, char *why,
	size_t why_size);

// Why a command or reply failed on the connection, as a line.
void reader_connect_why(const struct redis_link *l, const struct redis_settings *s, char *why, size_t why_size);

// Writes octets, reads one reply. Neither waits beyond what the settings allow, until_ms included. False, and NULL, if that
// failed: reader_connect_why.
bool reader_connect_write(struct redis_link *l, const struct redis_settings *s, const char *bytes, size_t size);
redisReply *reader_connect_read(struct redis_link *l, const struct redis_settings *s);

// Sends one command of `b` and returns the reply, an error reply included. NULL with a line in `why`.
redisReply *reader_connect_ask(struct redis_link *l, const struct redis_settings *s, const struct redis_buffer *b,
	char *why, size_t why_size);
