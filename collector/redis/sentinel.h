// SPDX-License-Identifier: BSD-3-Clause
// Redis Sentinel: the question where the primary is, and its answer. Who connects to what it says: open.c for the
// writer, reader/connect.c for lookups.
#pragma once

#include "collector/redis/conn.h"

// Encodes SENTINEL get-master-addr-by-name with the name of the settings.
void redis_sentinel_ask(struct redis_buffer *b, const struct redis_settings *s);

// Reads the answer. False if the Sentinel does not know the primary.
bool redis_sentinel_answer(const redisReply *reply, struct endpoint *primary);
