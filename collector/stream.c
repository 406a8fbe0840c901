// SPDX-License-Identifier: BSD-3-Clause
#include "collector/stream.h"

#include <stdio.h>

void stream_uuid_text(const uint8_t uuid[static STREAM_UUID_SIZE], char out[static STREAM_UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < STREAM_UUID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[uuid[i] >> 4];
		*out++ = digits[uuid[i] & 15];
	}
	*out = '\0';
}

static bool is_idle(const struct stream *s)
{
	return !s->connected && __atomic_load_n(&s->queued, __ATOMIC_ACQUIRE) == 0;
}

// A free slot, else the idle one unused for longest, else NULL.
static struct stream *pick_slot(struct stream_registry *r)
{
	struct stream *oldest = NULL;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &r->slots[i];
		if (!s->used)
			return s;
		if (is_idle(s) && (!oldest || s->used_ms < oldest->used_ms))
			oldest = s;
	}
	return oldest;
}

struct stream *stream_find(
	struct stream_registry *r, const struct frame_hello *hello, uint64_t now_ms, const char **why)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &r->slots[i];
		if (!s->used || memcmp(s->hello.stream, hello->stream, STREAM_UUID_SIZE) != 0)
			continue;
		if (memcmp(&s->hello, hello, sizeof(*hello)) != 0) {
			*why = "a known stream came back with another HELLO";
			return NULL;
		}
		s->used_ms = now_ms;
		return s;
	}
	struct stream *s = pick_slot(r);
	if (!s) {
		*why = "too many streams at once";
		return NULL;
	}
	*s = (struct stream){.hello = *hello, .used = true, .used_ms = now_ms};
	stream_uuid_text(hello->stream, s->uuid);
	return s;
}
