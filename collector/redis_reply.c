// SPDX-License-Identifier: BSD-3-Clause
// Replies → which records were refused and which Redis had never held; and the stream of the latter.
#include "collector/redis_schema.h"

static void refuse(struct schema_record *record, enum redis_trouble trouble)
{
	if (record->refused == REDIS_TROUBLE_NONE)
		record->refused = trouble;
}

static void refuse_owner(
	struct schema_frame *f, const struct schema_command *command, enum redis_trouble trouble)
{
	for (uint16_t i = f->owners[command->index].head; i != SCHEMA_LAST; i = f->records[i].next)
		if (command->kind == SCHEMA_NAME || (f->records[i].view.head.flags & RECORD_NEW))
			refuse(&f->records[i], trouble);
}

void schema_reply(struct schema_frame *f, uint32_t index, const struct redis_result *result)
{
	const struct schema_command *command = &f->commands[index];

	if (command->kind == SCHEMA_TRIM)
		return;
	if (result->type == REDIS_REPLY_ERROR && command->kind <= SCHEMA_ZONE) {
		refuse_owner(f, command, result->trouble);
	} else if (result->type == REDIS_REPLY_ERROR) {
		refuse(&f->records[command->index], result->trouble);
	} else if (command->kind == SCHEMA_NAME) {
		f->owners[command->index].added = result->integer;
	} else if (command->kind == SCHEMA_COUNT) {
		// a count that is just what was added had not been there
		struct schema_record *record = &f->records[command->index];
		record->fresh = result->integer == (long long)record->view.head.count;
	}
}

// The reply to a ZADD of several members tells how many are new, not which: none and all are
// clear, between them the counts decide.
uint32_t schema_settle(struct schema_frame *f)
{
	uint32_t fresh = 0;

	for (uint32_t i = 0; i < f->owners_len; i++) {
		const struct schema_owner *owner = &f->owners[i];
		for (uint16_t r = owner->head; r != SCHEMA_LAST; r = f->records[r].next) {
			struct schema_record *record = &f->records[r];
			if (owner->added <= 0)
				record->fresh = false;
			else if (owner->added == owner->len)
				record->fresh = true;
			fresh += record->fresh;
		}
	}
	return fresh;
}

static void write_entry(const struct schema_frame *f, const struct schema_record *record,
	const struct redis_settings *s, const char *sensor, struct redis_buffer *out)
{
	const struct schema_owner *owner = &f->owners[record->owner];
	const char *member = f->text.bytes + record->member;
	size_t rdata_at = (size_t)record->type_len + 1;

	redis_encode_array(out, 16);
	redis_encode_literal(out, "XADD");
	redis_encode_bulk2(out, s->prefix, strlen(s->prefix), "new", 3);
	redis_encode_literal(out, "MAXLEN");
	redis_encode_literal(out, "~");
	redis_encode_uint(out, s->new_max);
	redis_encode_literal(out, "*");
	redis_encode_literal(out, "name");
	redis_encode_bulk(out, f->text.bytes + owner->text, owner->text_len);
	redis_encode_literal(out, "type");
	redis_encode_bulk(out, member, record->type_len);
	redis_encode_literal(out, "rdata");
	redis_encode_bulk(out, member + rdata_at, record->member_len - rdata_at);
	redis_encode_literal(out, "first");
	redis_encode_uint(out, record->view.head.first_s);
	redis_encode_literal(out, "sensor");
	redis_encode_text(out, sensor);
}

void schema_write_feed(const struct schema_frame *f, const struct redis_settings *s, const char *sensor,
	struct redis_buffer *out)
{
	if (s->new_max == 0)
		return;
	for (uint32_t i = 0; i < f->records_len; i++)
		if (f->records[i].fresh)
			write_entry(f, &f->records[i], s, sensor, out);
}
