// SPDX-License-Identifier: BSD-3-Clause
// What allowed names use must not be blocked: the addresses they resolve to, their name servers. Redis says who uses what.
#include "collector/block/protect.h"

#include "collector/block/doubt.h"

#include "collector/query/db.h"
#include "collector/redis/families.h"
#include "collector/text/text.h"

#include <stdio.h>
#include <string.h>

enum { TOGETHER = 100, NAMES_MAX = 1000, TAKEN = 255 };

void block_protect_ask(struct reader *r, const char *family, const char *tail, int64_t since)
{
	char bound[24];

	snprintf(bound, sizeof(bound), "%lld", (long long)since);
	reader_command(r, 7, "ZREVRANGEBYSCORE", family, tail, strlen(tail));
	redis_encode_literal(&r->out, "+inf");
	redis_encode_text(&r->out, bound);
	redis_encode_literal(&r->out, "LIMIT");
	redis_encode_uint(&r->out, 0);
	redis_encode_uint(&r->out, NAMES_MAX);
}

const char *block_protect_judge(struct block_allow *a, const struct block_set *s, enum block_kind kind,
	const char *target, const redisReply *reply, const char **name)
{
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
		*name = reply->element[i]->str;
		if (kind == BLOCK_SERVER_NAME) { // "NS example.com"
			if (strncmp(*name, "NS ", 3) != 0)
				continue;
			*name += 3;
		}
		if (block_doubt_has(s, *name, target))
			continue;
		const char *why = block_allow_name(a, *name);
		if (why)
			return why;
	}
	return NULL;
}

static bool is_whole(const struct block_entry *e)
{
	return e->bits == 8 * e->size;
}

// What allowed names may point to: an address or the name of a server. NULL for other entries.
static const char *target_of(const struct block_entry *e, char text[static TEXT_ADDRESS_SIZE])
{
	if (e->kind == BLOCK_SERVER_NAME)
		return e->name;
	if (e->kind != BLOCK_ADDRESS || !is_whole(e))
		return NULL;
	text_address(e->address, e->size, text);
	return text;
}

static bool ask(struct reader *r, const struct block_entry *e, int64_t since)
{
	char text[TEXT_ADDRESS_SIZE];
	const char *target = target_of(e, text);

	if (target)
		block_protect_ask(r, e->kind == BLOCK_SERVER_NAME ? FAMILY_RDATA : FAMILY_IP, target, since);
	return target != NULL;
}

// One round trip for some entries. Marks those to take out by the size TAKEN. 0 or -1.
static int judge_some(struct block_allow *a, struct block_set *s, struct reader *r, const size_t *at, size_t len)
{
	if (reader_send(r) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		struct block_entry *e = &s->at[at[i]];
		const char *name = "";
		char text[TEXT_ADDRESS_SIZE];
		redisReply *reply = reader_reply(r);
		if (!reply)
			return -1;
		const char *why = block_protect_judge(a, s, e->kind, target_of(e, text), reply, &name);
		if (why) {
			block_set_remove_entry(s, e, "used by %.80s, %s", name, why);
			e->size = TAKEN;
		}
		freeReplyObject(reply);
	}
	return 0;
}

static int judge_single(struct block_allow *a, struct block_set *s, struct reader *r, int64_t since)
{
	size_t at[TOGETHER], waiting = 0;
	int result = 0;

	reader_begin(r);
	for (size_t i = 0; result == 0 && i < s->len; i++) {
		if (ask(r, &s->at[i], since))
			at[waiting++] = i;
		if (waiting == TOGETHER) {
			result = judge_some(a, s, r, at, waiting);
			waiting = 0;
			reader_begin(r);
		}
	}
	return result == 0 && waiting > 0 ? judge_some(a, s, r, at, waiting) : result;
}

static int judge_prefixes(struct block_allow *a, struct block_set *s, struct reader *r, int64_t since)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < s->len; i++) {
		struct block_entry *e = &s->at[i];
		bool allowed = false;
		if (e->kind != BLOCK_ADDRESS || e->size == TAKEN || is_whole(e))
			continue;
		result = block_protect_prefix(a, s, r, e, since, &allowed);
		if (allowed)
			e->size = TAKEN;
	}
	return result;
}

int block_protect(struct block_allow *a, struct block_set *s, struct query_db *db, const struct zone_list *zones,
	int64_t since, char *why, size_t why_size)
{
	struct reader *r = &db->reader;
	size_t n = 0;

	if (block_allow_is_without_names(a))
		return 0;
	if (block_doubt_drop_expected(s, zones, r) != 0 || judge_single(a, s, r, since) != 0 ||
		judge_prefixes(a, s, r, since) != 0) {
		snprintf(why, why_size, "redis: %.300s", r->why);
		return -1;
	}
	for (size_t i = 0; i < s->len; i++)
		if (s->at[i].size != TAKEN)
			s->at[n++] = s->at[i];
	s->len = n;
	return 0;
}
