// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/frame.h"

#include "dataplane/common/wire_name.h"

#include <string.h>

_Static_assert(sizeof(struct frame_header) == 24, "frame header");
_Static_assert(sizeof(struct record) == 20, "record");

static size_t record_padding(size_t size)
{
	return (0 - size) & 3;
}

void frame_begin(struct frame *f, uint8_t *bytes)
{
	*f = (struct frame){.bytes = bytes, .size = sizeof(struct frame_header), .records = 0};
}

bool frame_add(struct frame *f, const struct record_view *record)
{
	size_t size = sizeof(record->head) + record->head.owner_size + record->head.rdata_size;
	size_t padding = record_padding(size);

	if (f->records == FRAME_RECORDS_MAX || size + padding > FRAME_SIZE_MAX - f->size)
		return false;
	uint8_t *p = f->bytes + f->size;
	memcpy(p, &record->head, sizeof(record->head));
	p += sizeof(record->head);
	memcpy(p, record->owner, record->head.owner_size);
	p += record->head.owner_size;
	memcpy(p, record->rdata, record->head.rdata_size);
	p += record->head.rdata_size;
	memset(p, 0, padding);
	f->size += (uint32_t)(size + padding);
	f->records++;
	return true;
}

void frame_finish(struct frame *f, enum frame_type type, uint64_t number)
{
	struct frame_header header = {.magic = FRAME_MAGIC,
		.version = FRAME_VERSION,
		.type = (uint16_t)type,
		.size = f->size,
		.records = f->records,
		.number = number};
	memcpy(f->bytes, &header, sizeof(header));
}

const char *frame_header_check(const struct frame_header *header)
{
	if (header->magic != FRAME_MAGIC)
		return "not a Lookback frame";
	if (header->version != FRAME_VERSION)
		return "another frame version; dataplane and collector must be of one release";
	if (header->size < sizeof(*header) || header->size > FRAME_SIZE_MAX)
		return "frame size out of bounds";
	if (header->type < FRAME_HELLO || header->type > FRAME_ACK)
		return "unknown frame type";
	if (header->records > FRAME_RECORDS_MAX || (header->records != 0 && header->type != FRAME_RECORDS))
		return "record count out of bounds";
	return NULL;
}

bool frame_next(struct cursor *body, struct record_view *record)
{
	if (body->bad || cursor_left(body) == 0)
		return false;
	const uint8_t *head = cursor_take(body, sizeof(record->head));
	if (!head)
		return false;
	memcpy(&record->head, head, sizeof(record->head));
	record->owner = cursor_take(body, record->head.owner_size);
	record->rdata = cursor_take(body, record->head.rdata_size);
	size_t size = sizeof(record->head) + record->head.owner_size + record->head.rdata_size;
	cursor_skip(body, record_padding(size));
	if (body->bad)
		return false;
	if (record->head.count == 0 || record->head.first_s > record->head.last_s || record->head.owner_size == 0 ||
		wire_name_size(record->owner, record->head.owner_size) != record->head.owner_size) {
		cursor_fail(body);
		return false;
	}
	return true;
}

uint64_t frame_sightings(const uint8_t *body, size_t size)
{
	struct cursor c = cursor_make(body, size);
	struct record_view view;
	uint64_t sightings = 0;

	while (frame_next(&c, &view))
		sightings += view.head.flags & RECORD_FLOOD ? 0 : view.head.count;
	return sightings;
}
