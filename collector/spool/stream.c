// SPDX-License-Identifier: BSD-3-Clause
#include "collector/spool/stream.h"

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

// How many idle streams a user has.
static unsigned idle_of(const struct stream_registry *r, uid_t user)
{
	unsigned idle = 0;

	for (size_t i = 0; i < STREAMS_MAX; i++)
		idle += r->slots[i].user == user && is_idle(&r->slots[i]);
	return idle;
}

// A free slot; or the least recently used idle stream of the user with the most idle streams; or NULL.
static struct stream *pick_slot(struct stream_registry *r)
{
	struct stream *oldest = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &r->slots[i];
		if (!s->used)
			return s;
		unsigned idle = is_idle(s) ? idle_of(r, s->user) : 0;
		if (idle > most || (idle > 0 && idle == most && s->used_ms < oldest->used_ms)) {
			oldest = s;
			most = idle;
		}
	}
	return oldest;
}

struct stream *stream_find(struct stream_registry *r, const struct frame_hello *hello, uid_t user, uint64_t now_ms,
	const char **why)
{
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct stream *s = &r->slots[i];
		if (!s->used || memcmp(s->hello.stream, hello->stream, STREAM_UUID_SIZE) != 0)
			continue;
		if (memcmp(&s->hello, hello, sizeof(*hello)) != 0) {
			*why = "a known stream came back with another HELLO";
			return NULL;
		}
		if (s->user != STREAM_USER_UNKNOWN && s->user != user) {
			*why = "a known stream came back from another user";
			return NULL;
		}
		s->user = user;
		s->used_ms = now_ms;
		return s;
	}
	struct stream *s = pick_slot(r);
	if (!s) {
		*why = "too many streams at once";
		return NULL;
	}
	*s = (struct stream){.hello = *hello, .user = user, .used = true, .counted = true, .used_ms = now_ms};
	stream_uuid_text(hello->stream, s->uuid);
	return s;
}

// Frames up to `number` are not known here. Their sightings are, if all before them were counted.
static enum stream_verdict pass_gap(struct stream *s, uint64_t number, uint64_t sightings, struct stream_gap *gap)
{
	enum stream_verdict verdict = s->received == 0 ? STREAM_ELSEWHERE : STREAM_OLDER;

	if (s->ended || (s->counted && sightings < s->sightings))
		return STREAM_ASTRAY;
	*gap = (struct stream_gap){number - s->received, s->counted ? sightings - s->sightings : 0};
	s->received = number;
	s->sightings = sightings;
	s->counted = true;
	return verdict;
}

enum stream_verdict stream_compare(struct stream *s, uint64_t number, uint64_t sightings, struct stream_gap *gap)
{
	uint64_t records = s->ended ? s->received - 1 : s->received; // a BYE contains none

	*gap = (struct stream_gap){0, 0};
	if (number < records)
		return STREAM_AHEAD;
	if (number > s->received)
		return pass_gap(s, number, sightings, gap);
	if (!s->counted) {
		s->sightings = sightings;
		s->counted = true;
	}
	return s->sightings == sightings ? STREAM_EVEN : STREAM_ASTRAY;
}
