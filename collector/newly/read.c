// SPDX-License-Identifier: BSD-3-Clause
// Pages of the stream, in either direction, or as they come.
#include "collector/newly/run.h"
#include "collector/redis/families.h"

#include <stdio.h>
#include <stdlib.h>

#define TIME_MAX INT64_C(1000000000000) // seconds; far beyond what sensors send

static const char *family_of(const struct newly_run *run)
{
	return run->o.rule ? FAMILY_ALERT : FAMILY_NEW;
}

int newly_read_compare(const char *a, const char *b)
{
	unsigned long long a_ms = 0, a_n = 0, b_ms = 0, b_n = 0;

	sscanf(a, "%llu-%llu", &a_ms, &a_n);
	sscanf(b, "%llu-%llu", &b_ms, &b_n);
	return a_ms != b_ms ? (a_ms > b_ms) - (a_ms < b_ms) : (a_n > b_n) - (a_n < b_n);
}

void newly_read_forget(struct newly_run *run)
{
	if (run->reply)
		freeReplyObject(run->reply);
	run->reply = NULL;
	run->page = NULL;
	run->len = run->at = 0;
}

// An id before all entries that can match: what was first seen since then was stored since then, but for the clocks of sensors.
static void put_since(struct newly_run *run, struct redis_buffer *out)
{
	int64_t since = run->o.filter->first_after;

	if (since <= NEWLY_SLACK_S || since > TIME_MAX)
		redis_encode_literal(out, "-");
	else
		redis_encode_uint(out, (uint64_t)(since - NEWLY_SLACK_S) * 1000);
}

static void put_after(const char *cursor, struct redis_buffer *out)
{
	redis_encode_bulk2(out, "(", 1, cursor, strlen(cursor));
}

// XRANGE key start + COUNT n, or XREVRANGE key start end COUNT n
static void put_range(struct newly_run *run, struct reader *r)
{
	bool back = run->o.newest_first;

	reader_command(r, 6, back ? "XREVRANGE" : "XRANGE", family_of(run), "", 0);
	if (*run->read_to)
		put_after(run->read_to, &r->out);
	else if (back)
		redis_encode_literal(&r->out, "+");
	else
		put_since(run, &r->out);
	if (back)
		put_since(run, &r->out);
	else
		redis_encode_literal(&r->out, "+");
	redis_encode_literal(&r->out, "COUNT");
	redis_encode_uint(&r->out, NEWLY_PAGE);
}

// XREAD COUNT n BLOCK ms STREAMS key id
static void put_read(struct newly_run *run, struct reader *r)
{
	redis_encode_array(&r->out, 8);
	redis_encode_literal(&r->out, "XREAD");
	redis_encode_literal(&r->out, "COUNT");
	redis_encode_uint(&r->out, NEWLY_PAGE);
	redis_encode_literal(&r->out, "BLOCK");
	redis_encode_uint(&r->out, run->o.wait_ms);
	redis_encode_literal(&r->out, "STREAMS");
	reader_key(r, family_of(run), "", 0);
	redis_encode_text(&r->out, *run->read_to ? run->read_to : "0");
}

static redisReply *ask(struct newly_run *run)
{
	struct reader *r = &run->db->reader;
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;

	if (!reply)
		snprintf(run->why, sizeof(run->why), "%s", r->why);
	return reply;
}

// The oldest entry: how far back the stream reaches, and whether entries after the cursor were trimmed.
static int read_oldest(struct newly_run *run)
{
	struct reader *r = &run->db->reader;

	reader_begin(r);
	reader_command(r, 6, "XRANGE", family_of(run), "", 0);
	redis_encode_literal(&r->out, "-");
	redis_encode_literal(&r->out, "+");
	redis_encode_literal(&r->out, "COUNT");
	redis_encode_literal(&r->out, "1");
	reader_command(r, 2, "XLEN", family_of(run), "", 0);
	redisReply *reply = ask(run), *len = reply ? reader_reply(r) : NULL;
	if (!len) {
		snprintf(run->why, sizeof(run->why), "%s", r->why);
		if (reply)
			freeReplyObject(reply);
		return -1;
	}
	run->trimmed = !run->o.rule && reader_number(len) >= (int64_t)r->settings.new_max;
	freeReplyObject(len);
	const redisReply *first = reply->elements > 0 ? reply->element[0] : NULL;
	if (first && first->elements > 0) {
		run->oldest = strtoll(first->element[0]->str, NULL, 10) / 1000;
		run->gap = *run->o.cursor && !run->o.newest_first &&
			   newly_read_compare(first->element[0]->str, run->o.cursor) > 0;
	}
	freeReplyObject(reply);
	return 0;
}

static const redisReply *text_field(const redisReply *fields, const char *name)
{
	const redisReply *field = reader_field(fields, name);

	return field && field->type == REDIS_REPLY_STRING ? field : NULL;
}

static const char *optional(const redisReply *fields, const char *name)
{
	const redisReply *field = text_field(fields, name);

	return field ? field->str : "";
}

// False if the entry has not the fields of a record: others may write to the stream.
static bool take_entry(struct newly_entry *e, const redisReply *entry)
{
	if (entry->elements < 2 || entry->element[1]->type != REDIS_REPLY_ARRAY)
		return false;
	const redisReply *fields = entry->element[1], *first = text_field(fields, "first");
	*e = (struct newly_entry){.id = entry->element[0]->str,
		.owner = text_field(fields, "name"),
		.type = text_field(fields, "type"),
		.rdata = text_field(fields, "rdata"),
		.sensor = optional(fields, "sensor"),
		.rule = optional(fields, "rule"),
		.kind = optional(fields, "kind"),
		.known = INT64_MAX,
		.name_first = INT64_MAX,
		.domain_first = INT64_MAX};
	if (!e->owner || !e->type || !e->rdata || !first || e->type->len == 0 || e->owner->len >= TEXT_NAME_SIZE)
		return false;
	e->first = strtoll(first->str, NULL, 10);
	e->stored = strtoll(e->id, NULL, 10) / 1000;
	return e->first >= 0 && e->first <= TIME_MAX;
}

static const redisReply *entries_of(const redisReply *reply, bool read)
{
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
		return NULL;
	return read ? reply->element[0]->element[1] : reply;
}

int newly_read_page(struct newly_run *run)
{
	struct reader *r = &run->db->reader;
	bool read = run->o.wait_ms > 0 && run->begun && run->ended; // all that was there is read

	newly_read_forget(run);
	if (!run->begun && read_oldest(run) != 0)
		return -1;
	reader_begin(r);
	if (read)
		put_read(run, r);
	else
		put_range(run, r);
	run->reply = ask(run);
	if (!run->reply)
		return -1;
	run->begun = true;
	run->page = entries_of(run->reply, read);
	size_t n = run->page ? run->page->elements : 0;
	run->ended = n < NEWLY_PAGE;
	for (size_t i = 0; i < n && i < NEWLY_PAGE; i++) {
		const redisReply *entry = run->page->element[i];
		if (entry->elements == 0 || entry->element[0]->type != REDIS_REPLY_STRING)
			continue;
		snprintf(run->read_to, sizeof(run->read_to), "%s", entry->element[0]->str);
		if (take_entry(&run->entry[run->len], entry))
			run->len++;
	}
	return 0;
}
