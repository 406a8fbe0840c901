// SPDX-License-Identifier: BSD-3-Clause
// Reads the replies: which records were refused, which are new in Redis, and which keys have the right type.
#include "collector/schema/schema.h"

static void refuse(struct schema_record *record, enum redis_trouble trouble)
{
	if (record->refused == REDIS_TROUBLE_NONE)
		record->refused = trouble;
}

static void refuse_owner(struct schema_frame *f, const struct schema_command *command, enum redis_trouble trouble)
{
	for (uint16_t i = f->owners[command->index].head; i != SCHEMA_LAST; i = f->records[i].next)
		if (command->kind == SCHEMA_NAME || (f->records[i].view.head.flags & RECORD_NEW))
			refuse(&f->records[i], trouble);
}

static void note_answered(struct schema_frame *f, const struct schema_command *command)
{
	if (command->kind > SCHEMA_ZONE) {
		f->records[command->index].answered = true;
		return;
	}
	for (uint16_t i = f->owners[command->index].head; i != SCHEMA_LAST; i = f->records[i].next)
		if (command->kind == SCHEMA_NAME || (f->records[i].view.head.flags & RECORD_NEW))
			f->records[i].answered = true;
}

static void note_key(struct schema_frame *f, const struct schema_command *command, bool sound)
{
	uint16_t owner = command->kind == SCHEMA_COUNT ? f->records[command->index].owner : command->index;
	uint16_t bit = (uint16_t)(1 << command->kind);

	if (command->kind <= SCHEMA_COUNT) {
		f->owners[owner].settled |= bit;
		f->owners[owner].sound |= sound ? bit : 0;
	} else {
		f->records[command->index].settled |= bit;
		f->records[command->index].sound |= sound ? bit : 0;
	}
}

void schema_wait(struct schema_frame *f, uint32_t index)
{
	const struct schema_command *command = &f->commands[index];

	note_key(f, command, false);
	if (command->probe)
		return;
	if (command->kind > SCHEMA_ZONE) {
		f->records[command->index].waiting = true;
		return;
	}
	for (uint16_t i = f->owners[command->index].head; i != SCHEMA_LAST; i = f->records[i].next)
		if (command->kind == SCHEMA_NAME || (f->records[i].view.head.flags & RECORD_NEW))
			f->records[i].waiting = true;
}

void schema_reply(struct schema_frame *f, uint32_t index, const struct redis_result *result)
{
	const struct schema_command *command = &f->commands[index];

	note_key(f, command, result->type != REDIS_REPLY_ERROR);
	if (command->kind == SCHEMA_BEFORE && result->type == REDIS_REPLY_STRING)
		f->records[command->index].before_s = result->integer;
	if (command->probe)
		return;
	note_answered(f, command);
	if (result->type == REDIS_REPLY_ERROR && command->kind <= SCHEMA_ZONE) {
		refuse_owner(f, command, result->trouble);
	} else if (result->type == REDIS_REPLY_ERROR) {
		refuse(&f->records[command->index], result->trouble);
	} else if (command->kind == SCHEMA_NAME) {
		f->owners[command->index].added = result->integer;
	} else if (command->kind == SCHEMA_COUNT) {
		// the count is just what was added: the record is new
		struct schema_record *record = &f->records[command->index];
		record->fresh = result->integer == (long long)record->view.head.count;
	}
}

// The reply to a ZADD of several members says how many are new, but not which ones. If it is neither none nor all, the
// counts decide.
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
