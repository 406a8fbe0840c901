// SPDX-License-Identifier: BSD-3-Clause
// Checks the contents of the file against their checksums. The pages are checked by pages.h.
#include "collector/spool/pages.h"
#include "collector/spool/store.h"
#include "collector/spool/stream.h"

#include <errno.h>
#include <string.h>

// State of store_check.
struct check {
	struct store_meta meta;
	uint64_t first, last;	       // batches; 0: none
	uint8_t seal[STORE_SEAL_SIZE]; // of the batches
	bool sealed;		       // `seal` is known
	bool foreign;		       // another format: not checked
	bool bad;		       // something is damaged
};

static bool check_batch(struct check *c, const uint8_t *key, const uint8_t *value, size_t size)
{
	struct store_head head;
	uint64_t number;

	memcpy(&number, key, sizeof(number));
	if (size >= sizeof(head)) {
		memcpy(&head, value, sizeof(head));
		if (!c->sealed && head.magic == STORE_MAGIC)
			memcpy(c->seal, head.seal, sizeof(c->seal));
		c->sealed |= head.magic == STORE_MAGIC;
	}
	bool follows = c->last == 0 || number == c->last + 1;
	c->first = c->first ? c->first : number;
	c->last = number;
	return follows && number > 0 && store_read_batch(value, size, number, c->seal, &head) != NULL;
}

static bool check_meta(struct check *c, const uint8_t *value, size_t size)
{
	if (size < STORE_META_BEFORE)
		return false;
	memcpy(&c->meta, value, size < sizeof(c->meta) ? size : sizeof(c->meta));
	if (size == STORE_META_BEFORE && c->meta.format == STORE_FORMAT_BEFORE)
		return c->meta.next > c->last;
	c->foreign = size != sizeof(c->meta) || (store_meta_is_sound(&c->meta) && c->meta.format != STORE_FORMAT);
	return c->foreign || (store_meta_is_sound(&c->meta) && c->meta.first == (c->first ? c->first : c->meta.next) &&
				     (!c->sealed || memcmp(c->seal, c->meta.seal, sizeof(c->seal)) == 0) &&
				     c->meta.next == (c->last ? c->last + 1 : c->meta.first));
}

static bool check_stream(const uint8_t *key, const uint8_t *value, size_t size)
{
	struct store_stream stream;
	uint64_t slot;

	memcpy(&slot, key, sizeof(slot));
	if (slot >= STREAMS_MAX || size != sizeof(stream))
		return slot < STREAMS_MAX && size == STORE_STREAM_BEFORE;
	memcpy(&stream, value, sizeof(stream));
	return store_stream_is_sound(&stream) && stream.slot == slot;
}

static bool check_entry(void *context, const char *table, const uint8_t *key, size_t key_size, const uint8_t *value,
	size_t size)
{
	struct check *c = context;

	if (table[0] == 'b')
		c->bad |= !check_batch(c, key, value, size);
	else if (table[0] == 'm')
		c->bad |= key_size != 4 || memcmp(key, "meta", 4) != 0 || !check_meta(c, value, size);
	else
		c->bad |= !check_stream(key, value, size);
	return true;
}

int store_check(int fd)
{
	struct check c = {.first = 0};
	int result = pages_check(fd, check_entry, &c);

	if (result == EPROTO || result == ENODATA || (result == 0 && c.foreign))
		return 0;
	return result == 0 && (c.bad || c.meta.format == 0) ? EBADMSG : result;
}
