// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/learn.h"

#include "collector/base/sections.h"
#include "collector/redis/families.h"

#include <stdio.h>

static bool is_tamper(const struct watch_set *set, uint32_t rule)
{
	return watch_set_rule(set, rule)->news & 1u << WATCH_NEWS_TAMPER;
}

// Field of the hash for `oldest`.
static void put_oldest(struct reader *r, const char *rule)
{
	char field[SECTIONS_NAME_LEN + 10];

	snprintf(field, sizeof(field), "%s oldest", rule);
	redis_encode_text(&r->out, field);
}

// The replies of one rule: HSETNX, HGET of both fields. False if the connection is closed.
static bool take(struct reader *r, struct watch_learn *learn)
{
	uint64_t values[3] = {0};

	for (int i = 0; i < 3; i++) {
		redisReply *reply = reader_reply(r);
		if (!reply)
			return false;
		values[i] = reply->type == REDIS_REPLY_NIL ? 0 : (uint64_t)reader_number(reply);
		freeReplyObject(reply);
	}
	learn->until = values[1];
	if (!learn->has_changed)
		learn->oldest = values[2];
	return true;
}

int watch_learn_read(struct reader *r, const struct watch_set *set, struct watch_learn *learn, uint64_t now_s)
{
	size_t rules = watch_set_rules(set);

	reader_begin(r);
	for (uint32_t i = 0; i < rules; i++) {
		const struct watch_rule *rule = watch_set_rule(set, i);
		if (!is_tamper(set, i))
			continue;
		reader_command(r, 4, "HSETNX", FAMILY_WATCH_LEARN, "", 0);
		redis_encode_text(&r->out, rule->name);
		redis_encode_uint(&r->out, now_s + rule->learn_s);
		reader_command(r, 3, "HGET", FAMILY_WATCH_LEARN, "", 0);
		redis_encode_text(&r->out, rule->name);
		reader_command(r, 3, "HGET", FAMILY_WATCH_LEARN, "", 0);
		put_oldest(r, rule->name);
	}
	if (r->out.arrays == 0)
		return 0;
	if (reader_send(r) != 0)
		return -1;
	for (uint32_t i = 0; i < rules; i++)
		if (is_tamper(set, i) && !take(r, &learn[i]))
			return -1;
	return 0;
}

int watch_learn_write(struct reader *r, const struct watch_set *set, struct watch_learn *learn)
{
	size_t rules = watch_set_rules(set), sent = 0;

	reader_begin(r);
	for (uint32_t i = 0; i < rules; i++) {
		if (!learn[i].has_changed)
			continue;
		reader_command(r, 4, "HSET", FAMILY_WATCH_LEARN, "", 0);
		put_oldest(r, watch_set_rule(set, i)->name);
		redis_encode_uint(&r->out, learn[i].oldest);
		sent++;
	}
	if (sent > 0 && reader_send(r) != 0)
		return -1;
	for (; sent > 0; sent--) {
		redisReply *reply = reader_reply(r);
		if (!reply)
			return -1;
		freeReplyObject(reply);
	}
	for (uint32_t i = 0; i < rules; i++)
		learn[i].has_changed = false;
	return 0;
}

static bool is_history(uint64_t last, uint64_t now_s)
{
	return last + WATCH_LEARN_LIVE_S < now_s;
}

void watch_learn_see(struct watch_learn *learn, uint64_t first, uint64_t last, uint64_t now_s)
{
	if (!is_history(last, now_s) || learn->until <= now_s || (learn->oldest > 0 && learn->oldest <= first))
		return;
	learn->oldest = first;
	learn->has_changed = true;
}

bool watch_learn_covers(const struct watch_learn *learn, const struct watch_rule *rule, uint64_t first, uint64_t last,
	uint64_t now_s)
{
	return learn->until > now_s && (!is_history(last, now_s) || first < learn->oldest + rule->learn_s);
}
