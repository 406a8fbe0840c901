// SPDX-License-Identifier: BSD-3-Clause
// Redis Sentinel: asks where the primary is. The connections are made by open.c (writer) and reader/connect.c (lookups).
#pragma once

#include "collector/redis/conn.h"

// Encodes SENTINEL get-master-addr-by-name with the name of the settings.
void redis_sentinel_ask(struct redis_buffer *b, const struct redis_settings *s);

// Reads the answer. False if the Sentinel does not know the primary.
bool redis_sentinel_answer(const redisReply *reply, struct endpoint *primary);
