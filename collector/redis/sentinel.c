// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/sentinel.h"

#include <stdio.h>
#include <stdlib.h>

void redis_sentinel_ask(struct redis_buffer *b, const struct redis_settings *s)
{
	redis_encode_array(b, 3);
	redis_encode_literal(b, "SENTINEL");
	redis_encode_literal(b, "get-master-addr-by-name");
	redis_encode_text(b, s->sentinel);
}

bool redis_sentinel_answer(const redisReply *reply, struct endpoint *primary)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || !reply->element[0]->str ||
		!reply->element[1]->str)
		return false;
	*primary = (struct endpoint){.kind = ENDPOINT_TCP, .port = (uint16_t)strtoul(reply->element[1]->str, NULL, 10)};
	snprintf(primary->host, sizeof(primary->host), "%s", reply->element[0]->str);
	snprintf(primary->text, sizeof(primary->text), "%.250s:%u", primary->host, primary->port);
	return true;
}
