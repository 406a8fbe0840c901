// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/page.h"

#include "collector/redis/families.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

size_t watch_tag(const struct reader *r, char out[static WATCH_KEY_SIZE])
{
	return (size_t)snprintf(out, WATCH_KEY_SIZE, "{%s%s}", r->settings.prefix, FAMILY_ALERT);
}

int watch_cursor_read(struct reader *r, struct watch_cursor *cursor, uint64_t start_ms)
{
	char tag[WATCH_KEY_SIZE];
	size_t len = watch_tag(r, tag);

	reader_begin(r);
	reader_command(r, 4, "HMGET", FAMILY_WATCH_CURSOR, tag, len);
	redis_encode_literal(&r->out, "id");
	redis_encode_literal(&r->out, "position");
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	if (!reply)
		return -1;
	const redisReply *id = reply->elements == 2 ? reply->element[0] : reply;
	cursor->known = id->type == REDIS_REPLY_STRING && id->len < WATCH_CURSOR_SIZE;
	snprintf(cursor->id, sizeof(cursor->id), "%" PRIu64 "-0", start_ms);
	if (cursor->known)
		snprintf(cursor->id, sizeof(cursor->id), "%s", id->str);
	cursor->position = cursor->known ? (uint64_t)reader_number(reply->element[1]) : 0;
	freeReplyObject(reply);
	return 0;
}

void watch_cursor_put(struct reader *r, const struct watch_cursor *cursor)
{
	char tag[WATCH_KEY_SIZE];
	size_t len = watch_tag(r, tag);

	reader_command(r, 6, "HSET", FAMILY_WATCH_CURSOR, tag, len);
	redis_encode_literal(&r->out, "id");
	redis_encode_text(&r->out, cursor->id);
	redis_encode_literal(&r->out, "position");
	redis_encode_uint(&r->out, cursor->position);
}

// Compares ids of a stream, "MS-NUMBER".
static int compare(const char *a, const char *b)
{
	char *a_rest, *b_rest;
	unsigned long long x = strtoull(a, &a_rest, 10), y = strtoull(b, &b_rest, 10);

	if (x == y) {
		x = *a_rest ? strtoull(a_rest + 1, NULL, 10) : 0;
		y = *b_rest ? strtoull(b_rest + 1, NULL, 10) : 0;
	}
	return x < y ? -1 : x > y;
}

// What XINFO STREAM says: entries ever added (0: Redis 6), and entries there are.
static int read_counts(struct reader *r, uint64_t *added, uint64_t *len)
{
	reader_begin(r);
	redis_encode_array(&r->out, 3);
	redis_encode_literal(&r->out, "XINFO");
	redis_encode_literal(&r->out, "STREAM");
	reader_key(r, FAMILY_WATCH_MATCHED, "", 0);
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	if (!reply)
		return -1;
	const redisReply *a = reader_field(reply, "entries-added"), *b = reader_field(reply, "length");
	*added = a ? (uint64_t)reader_number(a) : 0;
	*len = b ? (uint64_t)reader_number(b) : 0;
	freeReplyObject(reply);
	return 0;
}

// The oldest entry is newer than the cursor: were entries between them removed? Without the counts of Redis 7 it looks like that
// also if the last one removed was the one at the cursor.
static int look_at_gap(struct watch_page *page, struct reader *r, const struct watch_cursor *cursor)
{
	uint64_t added, len;

	if (read_counts(r, &added, &len) != 0)
		return -1;
	page->gap = true;
	if (added == 0 || cursor->position == 0)
		return 0;
	page->missed = added - len > cursor->position ? added - len - cursor->position : 0;
	page->gap = page->missed > 0;
	return 0;
}

int watch_page_read(struct watch_page *page, struct reader *r, const struct watch_cursor *cursor)
{
	char from[WATCH_CURSOR_SIZE + 1], oldest[WATCH_CURSOR_SIZE] = "";
	uint64_t added = 0, len;

	*page = (struct watch_page){.len = 0};
	snprintf(from, sizeof(from), "(%s", cursor->id);
	reader_begin(r);
	for (int i = 0; i < 2; i++) { // the oldest entry, and the page
		reader_command(r, 6, "XRANGE", FAMILY_WATCH_MATCHED, "", 0);
		redis_encode_text(&r->out, i == 0 ? "-" : from);
		redis_encode_literal(&r->out, "+");
		redis_encode_literal(&r->out, "COUNT");
		redis_encode_uint(&r->out, i == 0 ? 1 : WATCH_PAGE);
	}
	redisReply *first = reader_send(r) == 0 ? reader_reply(r) : NULL;
	page->reply = first ? reader_reply(r) : NULL;
	if (first && first->elements == 1)
		snprintf(oldest, sizeof(oldest), "%s", first->element[0]->element[0]->str);
	if (first)
		freeReplyObject(first);
	if (!page->reply)
		return -1;
	page->len = page->reply->elements;
	if (page->len == 0)
		return 0;
	page->last = page->reply->element[page->len - 1]->element[0]->str;
	const char *begin = page->reply->element[0]->element[0]->str;
	if (strcmp(begin, oldest) == 0 && compare(cursor->id, begin) < 0 && cursor->known &&
		look_at_gap(page, r, cursor) != 0)
		return -1;
	if (cursor->position > 0)
		page->position = cursor->position + page->missed + page->len;
	else if (page->len < WATCH_PAGE && read_counts(r, &added, &len) == 0)
		page->position = added; // nothing is after this page, or hardly anything
	return 0;
}

void watch_page_free(struct watch_page *page)
{
	if (page->reply)
		freeReplyObject(page->reply);
	page->reply = NULL;
}

const redisReply *watch_page_entry(const struct watch_page *page, size_t index)
{
	return page->reply->element[index]->element[1];
}
