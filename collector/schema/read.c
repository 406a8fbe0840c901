// SPDX-License-Identifier: BSD-3-Clause
// Reads a frame: its records, grouped by owner, with their texts.
#include "collector/schema/schema.h"

#include "collector/text/text.h"
#include "dataplane/common/fnv.h"

static uint64_t hash_name(const uint8_t *name, size_t size)
{
	uint64_t hash = fnv64(FNV64_START, name, size); // only for the slot: names are compared as a whole

	return hash ^ hash >> 29;
}

static bool is_owner(const struct schema_owner *owner, const struct record_view *view)
{
	return owner->wire_size == view->head.owner_size && memcmp(owner->wire, view->owner, owner->wire_size) == 0;
}

// The group of a record's owner; a new one for its first record. NULL if there is no memory.
static struct schema_owner *find_owner(struct schema_frame *f, const struct record_view *view)
{
	size_t slot = hash_name(view->owner, view->head.owner_size) & (SCHEMA_SLOTS - 1);

	while (f->slots[slot]) {
		struct schema_owner *owner = &f->owners[f->slots[slot] - 1];
		if (is_owner(owner, view))
			return owner;
		slot = (slot + 1) & (SCHEMA_SLOTS - 1);
	}
	char *room = redis_buffer_room(&f->text, TEXT_NAME_SIZE);
	if (!room)
		return NULL;
	struct schema_owner *owner = &f->owners[f->owners_len++];
	*owner = (struct schema_owner){.wire = view->owner,
		.wire_size = view->head.owner_size,
		.head = SCHEMA_LAST,
		.tail = SCHEMA_LAST,
		.text = f->text.size,
		.new_first_s = UINT32_MAX,
		.added = -1};
	owner->text_len = (uint16_t)text_name(view->owner, view->head.owner_size, room);
	f->text.size += owner->text_len;
	f->slots[slot] = (uint16_t)f->owners_len;
	return owner;
}

// Writes "<TYPE> <rdata>". False if there is no memory.
static bool write_member(struct schema_frame *f, struct schema_record *record)
{
	const struct record_view *view = &record->view;
	char *room = redis_buffer_room(&f->text, TEXT_TYPE_SIZE + TEXT_RDATA_SIZE);

	if (!room)
		return false;
	size_t len = text_type(view->head.type, room);
	record->type_len = (uint16_t)len;
	room[len++] = ' ';
	len += text_rdata(view->head.type, view->rdata, view->head.rdata_size, room + len, TEXT_RDATA_SIZE);
	record->member = f->text.size;
	record->member_len = (uint32_t)len;
	f->text.size += len;
	return true;
}

static void append_to(struct schema_frame *f, struct schema_owner *owner, uint16_t index)
{
	struct schema_record *record = &f->records[index];

	record->owner = (uint16_t)(owner - f->owners);
	record->next = SCHEMA_LAST;
	if (owner->tail == SCHEMA_LAST)
		owner->head = index;
	else
		f->records[owner->tail].next = index;
	owner->tail = index;
	owner->len++;
	if (record->view.head.flags & RECORD_NEW) {
		owner->new_len++;
		if (record->view.head.first_s < owner->new_first_s)
			owner->new_first_s = record->view.head.first_s;
	}
}

bool schema_read(struct schema_frame *f, const uint8_t *body, size_t size)
{
	struct cursor c = cursor_make(body, size);

	f->records_len = f->owners_len = f->commands_len = 0;
	f->sightings = 0;
	f->newest_s = 0;
	memset(f->slots, 0, sizeof(f->slots));
	redis_buffer_clear(&f->text);
	while (f->records_len < FRAME_RECORDS_MAX) {
		struct schema_record *record = &f->records[f->records_len];
		*record = (struct schema_record){.refused = REDIS_TROUBLE_NONE};
		if (!frame_next(&c, &record->view))
			break;
		struct schema_owner *owner = find_owner(f, &record->view);
		if (!owner || !write_member(f, record))
			return false;
		if (record->view.head.last_s > f->newest_s)
			f->newest_s = record->view.head.last_s;
		if (record->view.head.flags & RECORD_FLOOD) { // a report about the owner, not one of its records
			record->owner = (uint16_t)(owner - f->owners);
			f->records_len++;
			continue;
		}
		append_to(f, owner, (uint16_t)f->records_len++);
		f->sightings += record->view.head.count;
	}
	return true;
}

void schema_free(struct schema_frame *f)
{
	redis_buffer_free(&f->text);
}
