// SPDX-License-Identifier: BSD-3-Clause
#include "collector/transfer/large_owner.h"

#include "collector/schema/keys.h"

#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 500 };

struct transfer_large_owner {
	struct reader *db;
	char owner[TEXT_NAME_SIZE];
	size_t owner_len;
	char cursor[24];
	bool begun;
	redisReply *page, *first, *count; // of ZSCAN, and the scores of its members
	size_t pos;
};

struct transfer_large_owner *transfer_large_owner_start(struct reader *db, const char *owner, size_t len)
{
	struct transfer_large_owner *l = len < TEXT_NAME_SIZE ? calloc(1, sizeof(*l)) : NULL;

	if (!l)
		return NULL;
	l->db = db;
	memcpy(l->owner, owner, len);
	l->owner_len = len;
	strcpy(l->cursor, "0");
	return l;
}

static void forget_page(struct transfer_large_owner *l)
{
	redisReply **const all[] = {&l->page, &l->first, &l->count};

	for (size_t i = 0; i < 3; i++) {
		if (*all[i])
			freeReplyObject(*all[i]);
		*all[i] = NULL;
	}
	l->pos = 0;
}

void transfer_large_owner_stop(struct transfer_large_owner *l)
{
	if (!l)
		return;
	forget_page(l);
	free(l);
}

static void ask_scores(struct transfer_large_owner *l, const redisReply *members, const char *family)
{
	reader_command(l->db, 2 + (unsigned)members->elements / 2, "ZMSCORE", family, l->owner, l->owner_len);
	for (size_t i = 0; i + 1 < members->elements; i += 2)
		redis_encode_bulk(&l->db->out, members->element[i]->str, members->element[i]->len);
}

// 0, or -1 with db->why.
static int read_page(struct transfer_large_owner *l)
{
	struct reader *db = l->db;

	forget_page(l);
	reader_begin(db);
	reader_command(db, 5, "ZSCAN", FAMILY_NAME, l->owner, l->owner_len);
	redis_encode_text(&db->out, l->cursor);
	redis_encode_literal(&db->out, "COUNT");
	redis_encode_uint(&db->out, COUNT);
	l->page = reader_send(db) == 0 ? reader_reply(db) : NULL;
	if (!l->page)
		return -1;
	if (l->page->type != REDIS_REPLY_ARRAY || l->page->elements != 2)
		return reader_fail(db, "an unexpected answer to ZSCAN");
	snprintf(l->cursor, sizeof(l->cursor), "%s", l->page->element[0]->str);
	l->begun = true;
	const redisReply *members = l->page->element[1];
	if (members->elements < 2)
		return 0;
	reader_begin(db);
	ask_scores(l, members, FAMILY_FIRST);
	ask_scores(l, members, FAMILY_COUNT);
	if (reader_send(db) != 0)
		return -1;
	l->first = reader_reply(db);
	l->count = l->first ? reader_reply(db) : NULL;
	return l->count ? 0 : -1;
}

static int64_t score(const redisReply *scores, size_t i, int64_t missing)
{
	bool known = scores && i < scores->elements && scores->element[i]->type == REDIS_REPLY_STRING;
	return known ? reader_number(scores->element[i]) : missing;
}

enum query_step transfer_large_owner_next(struct transfer_large_owner *l, struct query_record *r)
{
	while (!l->page || 2 * l->pos + 1 >= l->page->element[1]->elements) {
		if (l->begun && strcmp(l->cursor, "0") == 0)
			return QUERY_END;
		if (read_page(l) != 0)
			return QUERY_FAILED;
	}
	size_t i = l->pos++;
	const redisReply *m = l->page->element[1]->element[2 * i];
	const char *space = memchr(m->str, ' ', m->len);
	*r = (struct query_record){.owner = l->owner,
		.owner_len = l->owner_len,
		.type = m->str,
		.type_len = space ? (size_t)(space - m->str) : m->len,
		.rdata = space ? space + 1 : m->str + m->len,
		.last = reader_number(l->page->element[1]->element[2 * i + 1])};
	r->rdata_len = m->len - (size_t)(r->rdata - m->str);
	r->first = score(l->first, i, r->last);
	r->count = score(l->count, i, 1);
	return QUERY_RECORD;
}
