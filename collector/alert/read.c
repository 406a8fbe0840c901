// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/read.h"

#include "collector/redis/families.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PAGE = 500 };

struct alert_filter alert_filter_make(void)
{
	return (struct alert_filter){.since_ms = INT64_MIN, .until_ms = INT64_MAX};
}

bool alert_filter_cursor(struct alert_filter *f, const char *text)
{
	unsigned long long ms, n;
	int used = 0;

	if (strlen(text) >= sizeof(f->cursor) || text[strspn(text, "0123456789-")] ||
		sscanf(text, "%llu-%llu%n", &ms, &n, &used) != 2 || text[used])
		return false;
	snprintf(f->cursor, sizeof(f->cursor), "%s", text);
	return true;
}

void alert_reading_begin(struct alert_reading *r, struct reader *reader, const struct alert_filter *filter)
{
	*r = (struct alert_reading){.reader = reader, .filter = *filter};
	snprintf(r->cursor, sizeof(r->cursor), "%s", filter->cursor);
}

void alert_reading_end(struct alert_reading *r)
{
	if (r->page)
		freeReplyObject(r->page);
	r->page = NULL;
}

static redisReply *ask(struct alert_reading *r)
{
	return reader_send(r->reader) == 0 ? reader_reply(r->reader) : NULL;
}

// The entry of the cursor is gone: others after it may be gone, too.
static bool find_gap(struct alert_reading *r)
{
	reader_begin(r->reader);
	reader_command(r->reader, 6, "XRANGE", FAMILY_ALERT, "", 0);
	redis_encode_literal(&r->reader->out, "-");
	redis_encode_literal(&r->reader->out, "+");
	redis_encode_literal(&r->reader->out, "COUNT");
	redis_encode_literal(&r->reader->out, "1");
	redisReply *reply = ask(r);
	if (!reply)
		return false;
	if (reply->elements > 0 && reply->element[0]->elements > 0 && reply->element[0]->element[0]->str)
		r->gap = alert_compare_entries(reply->element[0]->element[0]->str, r->filter.cursor) > 0;
	freeReplyObject(reply);
	return true;
}

static void put_bound(struct alert_reading *r, bool low, bool after_cursor)
{
	const struct alert_filter *f = &r->filter;
	char text[ALERT_ENTRY_SIZE + 1];
	int64_t ms = low ? f->since_ms : f->until_ms;

	if (after_cursor && *r->cursor)
		snprintf(text, sizeof(text), "(%s", r->cursor);
	else if (ms == (low ? INT64_MIN : INT64_MAX))
		snprintf(text, sizeof(text), low ? "-" : "+");
	else
		snprintf(text, sizeof(text), "%" PRId64, ms > 0 ? ms : 0);
	redis_encode_text(&r->reader->out, text);
}

static enum alert_step read_page(struct alert_reading *r)
{
	bool newest = r->filter.newest_first;

	alert_reading_end(r);
	if (!r->begun && *r->filter.cursor && !newest && !find_gap(r))
		return ALERT_FAILED;
	r->begun = true;
	reader_begin(r->reader);
	reader_command(r->reader, 6, newest ? "XREVRANGE" : "XRANGE", FAMILY_ALERT, "", 0);
	put_bound(r, !newest, true);
	put_bound(r, newest, false);
	redis_encode_literal(&r->reader->out, "COUNT");
	redis_encode_uint(&r->reader->out, PAGE);
	r->page = ask(r);
	r->at = 0;
	if (!r->page)
		return ALERT_FAILED;
	return r->page->type == REDIS_REPLY_ARRAY && r->page->elements > 0 ? ALERT_BUSY : ALERT_END;
}

static bool is_wanted(const struct alert_filter *f, const struct alert *a)
{
	int64_t ms = alert_time_ms(a);

	return ms >= f->since_ms && ms <= f->until_ms && (!*f->rule || strcmp(f->rule, a->field[ALERT_RULE]) == 0) &&
	       (!*f->kind || strcmp(f->kind, a->field[ALERT_KIND]) == 0);
}

enum alert_step alert_reading_next(struct alert_reading *r, struct alert *out)
{
	while (r->page && r->page->type == REDIS_REPLY_ARRAY && r->at < r->page->elements) {
		const redisReply *entry = r->page->element[r->at++];
		if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 2 || !entry->element[0]->str)
			continue;
		snprintf(r->cursor, sizeof(r->cursor), "%s", entry->element[0]->str);
		if (alert_from_entry(out, entry->element[0]->str, entry->element[1]) != 0) {
			reader_fail(r->reader, "out of memory");
			return ALERT_FAILED;
		}
		if (is_wanted(&r->filter, out))
			return ALERT_FOUND;
		alert_free(out);
	}
	return read_page(r);
}
