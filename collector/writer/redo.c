// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/redo.h"

#include "collector/base/metrics.h"
#include "collector/schema/keys.h"
#include "collector/writer/retain.h"

enum { REDO_TAIL = 10000 };

bool redo_expiries(struct batch *b, struct spool *spool, uint64_t applied, struct follow *follow,
	const struct redis_settings *s, const struct zone_list *zones)
{
	struct follow asks = {0};
	bool done = true;

	if (s->retention_days == 0)
		return true;
	for (uint64_t number = applied > 1 ? applied - 1 : 1; done && number <= applied; number++) {
		if (!spool_read(spool, number, &b->in, 0) || b->in.number != number)
			continue;
		done = schema_read(&b->records, b->in.body, b->in.size);
		if (done)
			retain_again(&asks, &b->records, s, zones);
	}
	// at the end: `riders_len` of the writer counts the commands at the front of `follow`
	if (done && !asks.commands.bad && follow->len + asks.len <= BATCH_RIDERS_MAX)
		follow_join(follow, &asks);
	else
		metrics_add(follow_dropped, asks.len);
	follow_free(&asks);
	return done;
}

// new records ─────────────────────────────────────────────────────────────────────────────────

static void write_score(struct batch *b, const struct schema_record *record, const char *family,
	const struct redis_settings *s)
{
	const struct schema_owner *owner = &b->records.owners[record->owner];
	const char *text = b->records.text.bytes;

	redis_encode_array(&b->out, 3);
	redis_encode_literal(&b->out, "ZSCORE");
	redis_encode_key(&b->out, s->prefix, family, text + owner->text, owner->text_len);
	redis_encode_bulk(&b->out, text + record->member, record->member_len);
}

static int read_score(struct redis_conn *c, struct redis_results *results, uint64_t expected, bool *same)
{
	if (redis_conn_read(c, results) != 0)
		return -1;
	*same = results->top.type == REDIS_REPLY_STRING && (uint64_t)results->top.integer == expected;
	return 0;
}

// Reads batch `number` from the spool and finds out which of its records were new in Redis: those whose count is what this batch
// added; `by_first`: or whose first seen is that of a record that the sensor flagged as new. Returns 1; 0: the spool has it no
// more; -1 (closed).
static int find_fresh(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t number,
	struct redis_results *results, bool by_first, const struct redis_settings *s)
{
	struct schema_frame *f = &b->records;

	if (!spool_read(spool, number, &b->in, 0) || b->in.number != number)
		return 0;
	redis_buffer_clear(&b->out);
	bool read = schema_read(f, b->in.body, b->in.size);
	for (uint32_t i = 0; read && i < f->records_len; i++) {
		if (f->records[i].view.head.flags & RECORD_FLOOD)
			continue;
		write_score(b, &f->records[i], FAMILY_COUNT, s);
		if (by_first)
			write_score(b, &f->records[i], FAMILY_FIRST, s);
	}
	if (!read || b->out.bad)
		return redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "no memory for the text of a batch");
	if (redis_conn_write(c, b->out.bytes, b->out.size) != 0)
		return -1;
	for (uint32_t i = 0; i < f->records_len; i++) {
		struct schema_record *record = &f->records[i];
		const struct record *head = &record->view.head;
		bool first = false;
		if (head->flags & RECORD_FLOOD)
			continue;
		if (read_score(c, results, head->count, &record->fresh) != 0 ||
			(by_first && read_score(c, results, head->first_s, &first) != 0))
			return -1;
		record->fresh |= first && (head->flags & RECORD_NEW);
	}
	return 1;
}

int redo_stream(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t number,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s)
{
	int found = s->new_max > 0 || s->interest ? find_fresh(b, c, spool, number, results, false, s) : 0;

	if (found > 0)
		follow_feed(follow, &b->records, s, b->in.hello.sensor);
	return found < 0 ? -1 : 0;
}

// The last entries of the stream of new records, or NULL (closed).
static redisReply *read_tail(struct batch *b, struct redis_conn *c, const struct redis_settings *s)
{
	redis_buffer_clear(&b->out);
	redis_encode_array(&b->out, 6);
	redis_encode_literal(&b->out, "XREVRANGE");
	redis_encode_key(&b->out, s->prefix, FAMILY_NEW, "", 0);
	redis_encode_literal(&b->out, "+");
	redis_encode_literal(&b->out, "-");
	redis_encode_literal(&b->out, "COUNT");
	redis_encode_uint(&b->out, REDO_TAIL);
	return redis_conn_ask(c, &b->out);
}

static bool is_text(const redisReply *reply, const char *text, size_t len)
{
	return reply->type == REDIS_REPLY_STRING && reply->len == len && memcmp(reply->str, text, len) == 0;
}

// True if the tail has the record. follow.c writes the fields: name, type, rdata, …
static bool is_in_tail(const redisReply *tail, const struct schema_frame *f, const struct schema_record *record)
{
	const struct schema_owner *owner = &f->owners[record->owner];
	const char *member = f->text.bytes + record->member;
	size_t skip = (size_t)record->type_len + 1;

	for (size_t i = 0; i < tail->elements; i++) {
		const redisReply *entry = tail->element[i];
		const redisReply *fields = entry->elements == 2 ? entry->element[1] : entry;
		if (fields->elements >= 6 &&
			is_text(fields->element[1], f->text.bytes + owner->text, owner->text_len) &&
			is_text(fields->element[3], member, record->type_len) &&
			is_text(fields->element[5], member + skip, record->member_len - skip))
			return true;
	}
	return false;
}

int redo_feed(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t applied,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s)
{
	int found = 0;

	if ((s->new_max == 0 && !s->interest) || applied == 0)
		return 0;
	redisReply *tail = read_tail(b, c, s);
	if (!tail)
		return -1;
	for (uint64_t number = applied > 1 ? applied - 1 : 1; found >= 0 && number <= applied; number++) {
		found = tail->type == REDIS_REPLY_ARRAY ? find_fresh(b, c, spool, number, results, true, s) : 0;
		for (uint32_t i = 0; found > 0 && i < b->records.records_len; i++)
			if (b->records.records[i].fresh)
				b->records.records[i].fresh = !is_in_tail(tail, &b->records, &b->records.records[i]);
		if (found > 0)
			follow_feed(follow, &b->records, s, b->in.hello.sensor);
	}
	freeReplyObject(tail);
	return found < 0 ? -1 : 0;
}
