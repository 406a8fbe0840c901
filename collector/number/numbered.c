// SPDX-License-Identifier: BSD-3-Clause
#include "collector/number/numbered.h"
#include "collector/redis/families.h"

#include "dataplane/common/log.h"

#include <stdio.h>

static uint8_t bit_of(uint16_t slot)
{
	return (uint8_t)(0x80 >> (slot & 7));
}

void numbered_clear(struct numbered *n)
{
	*n = (struct numbered){.wanted_len = 0};
}

bool numbered_has(const struct numbered *n, uint16_t slot)
{
	return n->bits[slot >> 3] & bit_of(slot);
}

void numbered_want(struct numbered *n, uint16_t slot)
{
	if ((n->bits[slot >> 3] | n->wanted[slot >> 3]) & bit_of(slot))
		return;
	n->wanted[slot >> 3] |= bit_of(slot);
	n->wanted_len++;
}

void numbered_key(struct redis_buffer *out, const struct redis_settings *s, const char *uuid)
{
	char tail[64];
	int len = snprintf(tail, sizeof(tail), FAMILY_SLOTS "{%.40s}", uuid);

	redis_encode_bulk2(out, s->prefix, strlen(s->prefix), tail, (size_t)len);
}

int numbered_read(struct numbered *n, struct redis_conn *c, const struct redis_settings *s, const char *uuid)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "GET");
	numbered_key(&b, s, uuid);
	redisReply *reply = redis_conn_ask(c, &b);
	redis_buffer_free(&b);
	if (!reply)
		return -1;
	for (size_t i = 0; reply->type == REDIS_REPLY_STRING && i < reply->len && i < sizeof(n->bits); i++)
		n->bits[i] |= (uint8_t)reply->str[i];
	n->read = true;
	freeReplyObject(reply);
	return 0;
}

int numbered_write(struct numbered *n, struct redis_conn *c, const struct redis_settings *s, const char *uuid)
{
	struct redis_results results = {.capacity = 0};
	struct redis_buffer b = {0};
	static bool logged;

	if (n->wanted_len == 0)
		return 0;
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
		if (!(n->wanted[slot >> 3] & bit_of((uint16_t)slot)))
			continue;
		redis_encode_array(&b, 4);
		redis_encode_literal(&b, "SETBIT");
		numbered_key(&b, s, uuid);
		redis_encode_uint(&b, slot);
		redis_encode_literal(&b, "1");
	}
	uint32_t len = b.arrays;
	int result = b.bad ? redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "no memory to encode commands")
			   : redis_conn_write(c, b.bytes, b.size);
	redis_buffer_free(&b);
	for (uint32_t i = 0; i < len && result == 0; i++)
		result = redis_conn_read(c, &results);
	if (result != 0)
		return -1;
	if (results.errors > 0 && results.trouble != REDIS_TROUBLE_WRONGTYPE)
		return redis_conn_fail(c, results.trouble, "%s: %.200s", redis_trouble_sentence[results.trouble],
			results.error);
	if (results.errors > 0 && !logged)
		log_warning(
			"redis: key %sslots:{%s}: found another type, expected a string; it is left alone, and a number that is removed while "
			"no collector runs may not be found out",
			s->prefix, uuid);
	logged |= results.errors > 0;
	for (size_t i = 0; i < sizeof(n->bits); i++)
		n->bits[i] |= n->wanted[i];
	memset(n->wanted, 0, sizeof(n->wanted));
	n->wanted_len = 0;
	return 0;
}
