// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/store_record.h"

#include "dataplane/common/fnv.h"

#include <string.h>

uint64_t store_checksum(const uint8_t *body, size_t size)
{
	uint64_t hash = FNV64_START ^ size, word;

	for (; size >= 8; size -= 8, body += 8) {
		memcpy(&word, body, 8);
		hash = fnv64_mix(hash, word);
		hash ^= hash >> 32;
	}
	return fnv64(hash, body, size);
}

#define CHECK_OF(record, field) store_checksum((const uint8_t *)(record), offsetof(__typeof__(*(record)), field))

void store_seal_meta(struct store_meta *meta)
{
	meta->magic = STORE_MAGIC_META;
	meta->check = CHECK_OF(meta, check);
}

void store_seal_stream(struct store_stream *stream)
{
	stream->magic = STORE_MAGIC_STREAM;
	stream->check = CHECK_OF(stream, check);
}

void store_seal_head(struct store_head *head, const uint8_t *body)
{
	head->magic = STORE_MAGIC;
	head->check = store_checksum(body, head->size);
	head->head_check = CHECK_OF(head, head_check);
}

bool store_meta_is_sound(const struct store_meta *meta)
{
	return meta->magic == STORE_MAGIC_META && meta->check == CHECK_OF(meta, check);
}

bool store_stream_is_sound(const struct store_stream *stream)
{
	return stream->magic == STORE_MAGIC_STREAM && stream->check == CHECK_OF(stream, check);
}

bool store_head_is_sound(const struct store_head *head)
{
	return head->magic == STORE_MAGIC && head->head_check == CHECK_OF(head, head_check);
}

static const uint8_t *read_before(const uint8_t *value, size_t size, uint64_t number, const uint8_t *seal,
	struct store_head *head)
{
	const uint8_t *body = value + STORE_HEAD_BEFORE;

	if (head->size != size - STORE_HEAD_BEFORE || head->check != store_checksum(body, head->size))
		return NULL;
	head->number = number;
	head->sightings = frame_sightings(body, head->size);
	head->flags = 0;
	memcpy(head->seal, seal, sizeof(head->seal));
	return body;
}

const uint8_t *store_read_batch(const uint8_t *value, size_t size, uint64_t number, const uint8_t *seal,
	struct store_head *head)
{
	if (size < STORE_HEAD_BEFORE)
		return NULL;
	memset(head, 0, sizeof(*head));
	memcpy(head, value, STORE_HEAD_BEFORE);
	if (head->magic == STORE_MAGIC_BEFORE)
		return read_before(value, size, number, seal, head);
	if (size < sizeof(*head))
		return NULL;
	memcpy(head, value, sizeof(*head));
	const uint8_t *body = value + sizeof(*head);
	if (!store_head_is_sound(head) || head->number != number || head->size != size - sizeof(*head) ||
		memcmp(head->seal, seal, sizeof(head->seal)) != 0 || head->check != store_checksum(body, head->size))
		return NULL;
	return body;
}
