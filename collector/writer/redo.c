// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/redo.h"

#include "collector/base/metrics.h"
#include "collector/schema/keys.h"
#include "collector/writer/retain.h"

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

static void write_score(struct batch *b, const struct schema_record *record, const struct redis_settings *s)
{
	const struct schema_owner *owner = &b->records.owners[record->owner];
	const char *text = b->records.text.bytes;

	redis_encode_array(&b->out, 3);
	redis_encode_literal(&b->out, "ZSCORE");
	redis_encode_key(&b->out, s->prefix, FAMILY_COUNT, text + owner->text, owner->text_len);
	redis_encode_bulk(&b->out, text + record->member, record->member_len);
}

int redo_stream(struct batch *b, struct redis_conn *c, struct spool *spool, uint64_t number,
	struct redis_results *results, struct follow *follow, const struct redis_settings *s)
{
	struct schema_frame *f = &b->records;

	if (s->new_max == 0 || !spool_read(spool, number, &b->in, 0) || b->in.number != number)
		return 0;
	redis_buffer_clear(&b->out);
	bool read = schema_read(f, b->in.body, b->in.size);
	for (uint32_t i = 0; read && i < f->records_len; i++)
		if (!(f->records[i].view.head.flags & RECORD_FLOOD))
			write_score(b, &f->records[i], s);
	if (!read || b->out.bad)
		return redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "no memory for the text of a batch");
	if (redis_conn_write(c, b->out.bytes, b->out.size) != 0)
		return -1;
	for (uint32_t i = 0; i < f->records_len; i++) {
		struct schema_record *record = &f->records[i];
		if (record->view.head.flags & RECORD_FLOOD)
			continue;
		if (redis_conn_read(c, results) != 0)
			return -1;
		// the count is what this batch added, so the record was new
		record->fresh =
			results->top.type == REDIS_REPLY_STRING && results->top.integer == record->view.head.count;
	}
	follow_feed(follow, f, s, b->in.hello.sensor);
	return 0;
}
