// SPDX-License-Identifier: BSD-3-Clause
// new: the stream of records that no one had seen before, oldest first.
#include "collector/cli/lookback.h"

#include "collector/schema/keys.h"

#include <stdlib.h>

enum { PAGE = 500, WAIT_MS = 1000 };

static const char *field_of(const redisReply *fields, const char *name)
{
	const redisReply *field = reader_field(fields, name);

	return field ? field->str : "";
}

// Prints one entry if it passes the filters. Returns true if it did.
static bool show(struct lookback *l, const redisReply *fields)
{
	const char *owner = field_of(fields, "name"), *type = field_of(fields, "type");
	const char *rdata = field_of(fields, "rdata"), *sensor = field_of(fields, "sensor");
	int64_t first = strtoll(field_of(fields, "first"), NULL, 10);
	struct query_record r = {.owner = owner,
		.owner_len = strlen(owner),
		.type = type,
		.type_len = strlen(type),
		.rdata = rdata,
		.rdata_len = strlen(rdata),
		.first = first,
		.last = first,
		.count = 1};
	const struct query_format format = {.sensor = sensor};
	struct redis_buffer line = {0};
	char time[24];

	if (first < l->filter.last_after || first > l->filter.first_before ||
		!query_has_type(&l->filter, type, r.type_len))
		return false;
	if (l->quiet)
		return true;
	if (l->output == OUTPUT_TABLE) {
		query_time_text(first, "%Y-%m-%d %H:%M:%S", time, sizeof(time));
		printf("%s  %-32s  %-6s  %s\n", time, owner, type, rdata);
		return true;
	}
	if (l->output == OUTPUT_JSON)
		query_json_cof(&line, &r, &format);
	else
		query_csv(&line, &r);
	printf("%.*s%s", (int)line.size, line.bytes, l->output == OUTPUT_JSON ? "\n" : "");
	redis_buffer_free(&line);
	return true;
}

// The entries after `id`, which becomes that of the last one. Returns their array inside `*reply`, or NULL if there are none;
// sets `*failed` on a failure.
static const redisReply *read_page(struct lookback *l, char id[64], redisReply **reply, bool *failed)
{
	reader_begin(&l->db.reader);
	redis_encode_array(&l->db.reader.out, l->follow ? 8 : 6);
	redis_encode_literal(&l->db.reader.out, "XREAD");
	redis_encode_literal(&l->db.reader.out, "COUNT");
	redis_encode_uint(&l->db.reader.out, PAGE);
	if (l->follow) {
		redis_encode_literal(&l->db.reader.out, "BLOCK");
		redis_encode_uint(&l->db.reader.out, WAIT_MS);
	}
	redis_encode_literal(&l->db.reader.out, "STREAMS");
	reader_key(&l->db.reader, FAMILY_NEW, "", 0);
	redis_encode_text(&l->db.reader.out, id);
	*reply = lookback_ask(l);
	*failed = !*reply;
	if (!*reply || (*reply)->type != REDIS_REPLY_ARRAY || (*reply)->elements == 0)
		return NULL;
	const redisReply *entries = (*reply)->element[0]->element[1];
	if (entries->elements > 0)
		snprintf(id, 64, "%s", entries->element[entries->elements - 1]->element[0]->str);
	return entries->elements > 0 ? entries : NULL;
}

int lookback_new(struct lookback *l)
{
	char id[64] = "0";
	uint64_t shown = 0, limit = l->has_limit ? l->filter.limit : 0;
	bool failed = false, done = false;

	if (l->db.reader.settings.timeout_s < 2 * WAIT_MS / 1000.0)
		l->db.reader.settings.timeout_s = 2 * WAIT_MS / 1000.0; // longer than it waits
	if (l->output == OUTPUT_CSV)
		fputs(QUERY_CSV_HEAD, stdout);
	while (!done) {
		redisReply *reply;
		const redisReply *entries = read_page(l, id, &reply, &failed);
		for (size_t i = 0; entries && i < entries->elements && !done; i++) {
			shown += show(l, entries->element[i]->element[1]);
			done = limit > 0 && shown == limit;
		}
		done = done || failed || (!entries && !l->follow);
		if (reply)
			freeReplyObject(reply);
		fflush(stdout);
		done = done ||
		       (l->follow && lookback_is_unread()); // the reader has left, and nothing may come for long
	}
	return failed ? LOOKBACK_FAILED : shown > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
