// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/doubt.h"

#include "collector/redis/families.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 100, MEMBER_SIZE = 4096 };

static int compare(const void *a, const void *b)
{
	const struct block_doubt *x = a, *y = b;
	int names = strcmp(x->name, y->name);

	return names != 0 ? names : strcmp(x->target, y->target);
}

void block_doubt_add(struct block_set *s, const char *name, const char *type, const char *rdata, const char *target)
{
	char member[MEMBER_SIZE]; // of the set of expected records
	int len = snprintf(member, sizeof(member), "%s %s %s", name, type, rdata);

	if (len >= (int)sizeof(member))
		return;
	if (!block_set_grow((void **)&s->doubts, s->doubts_len, &s->doubts_room, sizeof(*s->doubts))) {
		s->bad = true;
		return;
	}
	s->doubts[s->doubts_len++] = (struct block_doubt){.name = block_set_text(s, name, strlen(name)),
		.target = block_set_text(s, target, strlen(target)),
		.member = block_set_text(s, member, (size_t)len)};
}

static void ask(struct reader *r, const struct zone_list *zones, const struct block_doubt *d)
{
	size_t len = strlen(d->name), at = zone_find_text(zones, d->name, len);
	const char *registered = at < len ? d->name + at : d->name;

	reader_command(r, 3, "ZSCORE", FAMILY_WATCH_EXPECTED, registered, strlen(registered));
	redis_encode_text(&r->out, d->member);
}

int block_doubt_drop_expected(struct block_set *s, const struct zone_list *zones, struct reader *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->doubts_len; i += TOGETHER) {
		size_t len = s->doubts_len - i < TOGETHER ? s->doubts_len - i : TOGETHER;
		reader_begin(r);
		for (size_t k = 0; k < len; k++)
			ask(r, zones, &s->doubts[i + k]);
		if (reader_send(r) != 0)
			return -1;
		for (size_t k = 0; k < len; k++) {
			redisReply *reply = reader_reply(r);
			if (!reply)
				return -1;
			if (reply->type == REDIS_REPLY_NIL)
				s->doubts[kept++] = s->doubts[i + k];
			freeReplyObject(reply);
		}
	}
	s->doubts_len = kept;
	if (kept > 0)
		qsort(s->doubts, kept, sizeof(*s->doubts), compare);
	return 0;
}

bool block_doubt_has(const struct block_set *s, const char *name, const char *target)
{
	const struct block_doubt wanted = {.name = name, .target = target};

	return s->doubts_len > 0 && bsearch(&wanted, s->doubts, s->doubts_len, sizeof(*s->doubts), compare);
}
