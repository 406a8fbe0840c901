// SPDX-License-Identifier: BSD-3-Clause
// What else refers to erased records: their entries in the streams of new records and of alerts, and their zone in the list of
// flooded ones.
#include "collector/cli/lookback.h"

#include "collector/schema/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 500, ID_SIZE = 64 };

static bool is_meant(const struct query *q, const char *name, size_t len)
{
	if (q->kind == QUERY_SUBTREE)
		return query_is_below(q, name, len);
	return len == q->name_len && memcmp(name, q->name, len) == 0;
}

// Asks whether the record of an entry still exists, if it was to be erased. Returns true if it asked.
static bool ask_entry(struct reader *db, const struct query *q, const redisReply *entry)
{
	const redisReply *name = reader_field(entry->element[1], "name"),
			 *type = reader_field(entry->element[1], "type");
	const redisReply *rdata = reader_field(entry->element[1], "rdata");
	char *member;

	if (!name || !type || !rdata || !is_meant(q, name->str, name->len) || !query_has_type(q, type->str, type->len))
		return false;
	int len = asprintf(&member, "%s %s", type->str, rdata->str); // others may write to the stream: of any length
	if (len < 0)
		return false;
	reader_command(db, 3, "ZSCORE", FAMILY_NAME, name->str, name->len);
	redis_encode_bulk(&db->out, member, (size_t)len);
	free(member);
	return true;
}

// The next entries of the stream; `id` becomes that of the last one. NULL after a message.
static redisReply *read_page(struct lookback *l, const char *family, char id[ID_SIZE])
{
	struct reader *db = &l->db.reader;
	char from[ID_SIZE + 1];

	snprintf(from, sizeof(from), "(%s", id);
	reader_begin(db);
	reader_command(db, 6, "XRANGE", family, "", 0);
	redis_encode_text(&db->out, *id ? from : "-");
	redis_encode_literal(&db->out, "+");
	redis_encode_literal(&db->out, "COUNT");
	redis_encode_uint(&db->out, PAGE);
	redisReply *reply = lookback_ask(l);
	if (reply && reply->elements > 0)
		snprintf(id, ID_SIZE, "%s", reply->element[reply->elements - 1]->element[0]->str);
	return reply;
}

// Finds the entries of a page whose records are gone: their indexes in `gone`. Returns how many, or -1.
static int find_gone(struct lookback *l, const struct query *q, const redisReply *page, uint16_t gone[PAGE])
{
	uint16_t asked[PAGE];
	int asked_len = 0, gone_len = 0;

	reader_begin(&l->db.reader);
	for (size_t i = 0; i < page->elements && i < PAGE; i++)
		if (ask_entry(&l->db.reader, q, page->element[i]))
			asked[asked_len++] = (uint16_t)i;
	if (asked_len > 0 && reader_send(&l->db.reader) != 0)
		return lookback_fail("%s", l->db.reader.why), -1;
	for (int i = 0; i < asked_len; i++) {
		redisReply *reply = reader_reply(&l->db.reader);
		if (!reply)
			return lookback_fail("%s", l->db.reader.why), -1;
		if (reply->type == REDIS_REPLY_NIL)
			gone[gone_len++] = asked[i];
		freeReplyObject(reply);
	}
	return gone_len;
}

// Sends the gathered commands and ignores their replies. 0, or -1 after a message.
static int send_off(struct lookback *l)
{
	return reader_send(&l->db.reader) == 0 && reader_drain(&l->db.reader) == 0
		       ? 0
		       : (lookback_fail("%s", l->db.reader.why), -1);
}

static int forget_page(struct lookback *l, const char *family, const struct query *q, const redisReply *page)
{
	uint16_t gone[PAGE];
	int len = find_gone(l, q, page, gone);

	if (len <= 0)
		return len;
	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, (unsigned)len + 2, "XDEL", family, "", 0);
	for (int i = 0; i < len; i++)
		redis_encode_text(&l->db.reader.out, page->element[gone[i]]->element[0]->str);
	return send_off(l);
}

static int forget_feed(struct lookback *l, const char *family, const struct query *q)
{
	char id[ID_SIZE] = "";
	int result = 0;
	bool end = false;

	while (result == 0 && !end) {
		redisReply *page = read_page(l, family, id);
		if (!page)
			return -1;
		end = page->elements < PAGE;
		result = forget_page(l, family, q, page);
		freeReplyObject(page);
	}
	return result;
}

// Removes the zones within the erased one.
static int forget_floods(struct lookback *l, const struct query *q)
{
	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 4, "ZRANGE", FAMILY_FLOOD, "", 0);
	redis_encode_literal(&l->db.reader.out, "0");
	redis_encode_literal(&l->db.reader.out, "-1");
	redisReply *zones = lookback_ask(l);
	if (!zones)
		return -1;
	reader_begin(&l->db.reader);
	for (size_t i = 0; i < zones->elements; i++) {
		const redisReply *zone = zones->element[i];
		if (!is_meant(q, zone->str, zone->len))
			continue;
		reader_command(&l->db.reader, 3, "ZREM", FAMILY_FLOOD, "", 0);
		redis_encode_bulk(&l->db.reader.out, zone->str, zone->len);
		reader_command(&l->db.reader, 3, "ZREM", FAMILY_FLOOD_NAMES, "", 0);
		redis_encode_bulk(&l->db.reader.out, zone->str, zone->len);
	}
	freeReplyObject(zones);
	return send_off(l);
}

int lookback_forget(struct lookback *l, const struct query *q)
{
	if (q->kind != QUERY_NAME && q->kind != QUERY_SUBTREE)
		return 0;
	if (forget_feed(l, FAMILY_NEW, q) != 0 || forget_feed(l, FAMILY_ALERT, q) != 0 ||
		(q->kind == QUERY_SUBTREE && forget_floods(l, q) != 0))
		return LOOKBACK_FAILED;
	return 0;
}
