// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/follow.h"

#include "collector/base/metrics.h"
#include "collector/schema/keys.h"
#include "dataplane/common/log.h"

#include <stdlib.h>

void follow_clear(struct follow *f)
{
	redis_buffer_clear(&f->commands);
	f->len = 0;
}

void follow_free(struct follow *f)
{
	redis_buffer_free(&f->commands);
	free(f->notes);
	*f = (struct follow){.len = 0};
}

static void note(struct follow *f, enum follow_kind kind, const char *expected)
{
	if (f->len == f->capacity) {
		size_t capacity = f->capacity ? 2 * f->capacity : 256;
		struct follow_note *more = realloc(f->notes, capacity * sizeof(*more));
		if (!more) {
			f->commands.bad = true;
			return;
		}
		f->notes = more;
		f->capacity = capacity;
	}
	f->notes[f->len++] = (struct follow_note){.at = f->commands.size, .kind = kind, .expected = expected};
}

void follow_note(struct follow *f, enum follow_kind kind)
{
	note(f, kind, NULL);
}

void follow_join(struct follow *f, struct follow *tail)
{
	size_t base = f->commands.size, size = tail->commands.size;
	char *room = size > 0 ? redis_buffer_room(&f->commands, size) : NULL;

	if (room) {
		memcpy(room, tail->commands.bytes, size);
		f->commands.arrays += tail->commands.arrays;
	}
	for (size_t i = 0; room && i < tail->len; i++) {
		f->commands.size = base + tail->notes[i].at; // note() takes the offset from here
		note(f, tail->notes[i].kind, tail->notes[i].expected);
	}
	f->commands.size = room ? base + size : base;
	f->commands.bad |= tail->commands.bad;
	follow_clear(tail);
}

void follow_drop(struct follow *f, size_t n)
{
	if (n > f->len)
		n = f->len;
	size_t at = n < f->len ? f->notes[n].at : f->commands.size;

	if (at > 0)
		memmove(f->commands.bytes, f->commands.bytes + at, f->commands.size - at);
	f->commands.size -= at;
	f->commands.arrays -= (uint32_t)n;
	for (size_t i = n; i < f->len; i++) {
		f->notes[i - n] = f->notes[i];
		f->notes[i - n].at -= at;
	}
	f->len -= n;
}

void follow_key(const struct follow *f, size_t index, const char **key, size_t *key_len)
{
	redis_encode_read(f->commands.bytes + f->notes[index].at, key, key_len);
}

// feed ─────────────────────────────────────────────────────────────────────────────────────────

static void write_field(struct redis_buffer *out, const char *name, const char *value, size_t len)
{
	redis_encode_text(out, name);
	redis_encode_bulk(out, value, len);
}

// XADD of a record to the stream of new ones, or (`matched`) of those that watch rules match.
static void write_entry(struct follow *f, const struct schema_frame *records, const struct schema_record *record,
	const struct redis_settings *s, const char *sensor, bool matched)
{
	struct redis_buffer *out = &f->commands;
	const struct schema_owner *owner = &records->owners[record->owner];
	const char *member = records->text.bytes + record->member;
	size_t rdata_at = (size_t)record->type_len + 1;

	follow_note(f, FOLLOW_FEED);
	redis_encode_array(out, matched ? 22 : 16);
	redis_encode_literal(out, "XADD");
	redis_encode_key(out, s->prefix, matched ? FAMILY_WATCH_MATCHED : FAMILY_NEW, "", 0);
	redis_encode_literal(out, "MAXLEN");
	redis_encode_literal(out, "~");
	redis_encode_uint(out, matched ? FOLLOW_MATCHED_MAX : s->new_max);
	redis_encode_literal(out, "*");
	write_field(out, "name", records->text.bytes + owner->text, owner->text_len);
	write_field(out, "type", member, record->type_len);
	write_field(out, "rdata", member + rdata_at, record->member_len - rdata_at);
	redis_encode_literal(out, "first");
	redis_encode_uint(out, record->view.head.first_s);
	if (matched) {
		write_field(out, "new", record->fresh ? "1" : "0", 1);
		redis_encode_literal(out, "last");
		redis_encode_uint(out, record->view.head.last_s);
		redis_encode_literal(out, "before");
		redis_encode_uint(out, (uint64_t)record->before_s);
	}
	redis_encode_literal(out, "sensor");
	redis_encode_text(out, sensor);
}

// Does a watch rule ask for the record?
static bool is_matched(const struct schema_record *record, const struct redis_settings *s)
{
	if (record->fresh)
		return record->interest & SCHEMA_INTEREST_NEW;
	if (record->interest & SCHEMA_INTEREST_SEEN)
		return true;
	return record->interest & SCHEMA_INTEREST_AGAIN && record->before_s > 0 &&
	       record->view.head.last_s >= record->before_s + atomic_load(&s->interest->again_s);
}

void follow_feed(struct follow *f, struct schema_frame *records, const struct redis_settings *s, const char *sensor)
{
	const struct schema_interest *interest = s->interest;

	if (interest && atomic_load(&interest->of_new))
		interest->mark_new(interest->arg, records);
	for (uint32_t i = 0; i < records->records_len; i++) {
		const struct schema_record *record = &records->records[i];
		if (record->fresh && s->new_max > 0)
			write_entry(f, records, record, s, sensor, false);
		if (record->interest && is_matched(record, s))
			write_entry(f, records, record, s, sensor, true);
	}
}

// foreign keys ─────────────────────────────────────────────────────────────────────────────────

void follow_foreign(struct follow *f, const char *key, size_t key_len, const char *expected)
{
	static struct key_log seen;

	metrics_add(foreign_type, 1);
	if (!key_log_first_time(&seen, key, key_len))
		return;
	if (seen.len == KEY_LOG_MAX)
		log_warning("redis: many keys of other types under redis.prefix; more are counted, not logged");
	note(f, FOLLOW_TYPE, expected);
	redis_encode_array(&f->commands, 2);
	redis_encode_literal(&f->commands, "TYPE");
	redis_encode_bulk(&f->commands, key, key_len);
}

static const char *type_words(const char *type, size_t len)
{
	static const char *const words[][2] = {{"string", "a string"}, {"list", "a list"}, {"set", "a set"},
		{"zset", "a sorted set"}, {"hash", "a hash"}, {"stream", "a stream"}, {"none", "nothing"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i][0]) == len && memcmp(words[i][0], type, len) == 0)
			return words[i][1];
	return "a type of a module";
}

static void log_foreign(const struct follow *f, size_t index, const struct redis_texts *texts, uint32_t texts_index)
{
	const char *key = NULL;
	size_t key_len = 0;

	follow_key(f, index, &key, &key_len);
	for (size_t i = 0; i < texts->len; i++)
		if (texts->at[i].index == texts_index)
			log_warning(
				"redis: key %.*s: found %s, expected %s; it is left alone, its records are counted as wrong_type",
				(int)key_len, key, type_words(texts->bytes.bytes + texts->at[i].at, texts->at[i].len),
				f->notes[index].expected);
}

// retention in a cluster ───────────────────────────────────────────────────────────────────────

// ZREM from first:<owner> or count:<owner> what was removed from name:<owner>; from flood:names what was removed from flood.
static void remove_members(struct follow *next, const struct redis_settings *s, const char *family, const char *tail,
	size_t tail_len, const struct redis_texts *texts, uint32_t texts_index)
{
	unsigned len = 0;

	for (size_t i = 0; i < texts->len; i++)
		len += texts->at[i].index == texts_index;
	if (len == 0)
		return;
	follow_note(next, FOLLOW_REMOVE);
	redis_encode_array(&next->commands, 2 + len);
	redis_encode_literal(&next->commands, "ZREM");
	redis_encode_key(&next->commands, s->prefix, family, tail, tail_len);
	for (size_t i = 0; i < texts->len; i++)
		if (texts->at[i].index == texts_index)
			redis_encode_bulk(&next->commands, texts->bytes.bytes + texts->at[i].at, texts->at[i].len);
}

void follow_reply(const struct follow *f, size_t index, const struct redis_result *result,
	const struct redis_texts *texts, uint32_t texts_index, const struct redis_settings *s, struct follow *next)
{
	const char *key = NULL;
	size_t key_len = 0, prefix_len = strlen(s->prefix), head = prefix_len + strlen(FAMILY_NAME);

	if (result->type != REDIS_REPLY_ERROR && f->notes[index].kind <= FOLLOW_FEED)
		return; // by far the most frequent case
	follow_key(f, index, &key, &key_len);
	if (result->type == REDIS_REPLY_ERROR && result->trouble == REDIS_TROUBLE_WRONGTYPE) {
		follow_foreign(next, key, key_len, f->notes[index].kind == FOLLOW_FEED ? "a stream" : "a sorted set");
	} else if (result->type == REDIS_REPLY_ERROR) {
		key_log_refused(key, key_len, redis_trouble_sentence[result->trouble]);
	} else if (f->notes[index].kind == FOLLOW_TYPE) {
		log_foreign(f, index, texts, texts_index);
	} else if (f->notes[index].kind == FOLLOW_EXPIRE && result->integer > 0) {
		follow_note(next, FOLLOW_RETAIN);
		redis_encode_array(&next->commands, 3);
		redis_encode_literal(&next->commands, "EXPIRE");
		redis_encode_bulk(&next->commands, key, key_len);
		redis_encode_uint(&next->commands, 2 * s->retention_days * 86400);
	} else if (f->notes[index].kind == FOLLOW_MEMBERS && key_len > head) {
		remove_members(next, s, FAMILY_FIRST, key + head, key_len - head, texts, texts_index);
		remove_members(next, s, FAMILY_COUNT, key + head, key_len - head, texts, texts_index);
	} else if (f->notes[index].kind == FOLLOW_MEMBERS &&
		   strncmp(key + prefix_len, FAMILY_FLOOD, strlen(FAMILY_FLOOD)) == 0) {
		remove_members(next, s, FAMILY_FLOOD_NAMES, "", 0, texts, texts_index);
	}
}

void follow_replies(struct follow *f, const struct redis_results *results, uint32_t from,
	const struct redis_settings *s, struct follow *next)
{
	for (size_t i = 0; i < f->len; i++)
		follow_reply(f, i, &results->at[from + i], &results->texts, from + (uint32_t)i, s, next);
	follow_clear(f);
}
