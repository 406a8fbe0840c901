// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/learn.h"

#include "collector/redis/families.h"

static bool is_tamper(const struct watch_set *set, uint32_t rule)
{
	return watch_set_rule(set, rule)->news & 1u << WATCH_NEWS_TAMPER;
}

int watch_learn_read(struct reader *r, const struct watch_set *set, uint64_t *until, uint64_t now_s)
{
	size_t rules = watch_set_rules(set);

	reader_begin(r);
	for (uint32_t i = 0; i < rules; i++) {
		if (!is_tamper(set, i))
			continue;
		reader_command(r, 4, "HSETNX", FAMILY_WATCH_LEARN, "", 0);
		redis_encode_text(&r->out, watch_set_rule(set, i)->name);
		redis_encode_uint(&r->out, now_s + watch_set_rule(set, i)->learn_s);
		reader_command(r, 3, "HGET", FAMILY_WATCH_LEARN, "", 0);
		redis_encode_text(&r->out, watch_set_rule(set, i)->name);
	}
	if (r->out.arrays == 0)
		return 0;
	if (reader_send(r) != 0)
		return -1;
	for (uint32_t i = 0; i < rules; i++) {
		if (!is_tamper(set, i))
			continue;
		redisReply *set_reply = reader_reply(r), *reply = set_reply ? reader_reply(r) : NULL;
		if (reply)
			until[i] = (uint64_t)reader_number(reply);
		if (set_reply)
			freeReplyObject(set_reply);
		if (!reply)
			return -1;
		freeReplyObject(reply);
	}
	return 0;
}
