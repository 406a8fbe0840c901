// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/alert.h"

#include "collector/redis/families.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <nettle/sha2.h>

void watch_alerts_clear(struct watch_alerts *a)
{
	redis_buffer_clear(&a->commands);
	a->len = 0;
}

void watch_alerts_free(struct watch_alerts *a)
{
	redis_buffer_free(&a->commands);
	free(a->ids);
	free(a->kinds);
	free(a->rules);
	free(a->at);
	free(a->repeated);
	*a = (struct watch_alerts){.len = 0};
}

static void *grow(void *at, size_t size, size_t capacity, bool *good)
{
	void *more = realloc(at, capacity * size);

	*good = *good && more;
	return more ? more : at;
}

static bool make_room(struct watch_alerts *a)
{
	size_t capacity = a->capacity ? 2 * a->capacity : 64;
	bool good = true;

	if (a->len < a->capacity)
		return true;
	a->ids = grow(a->ids, sizeof(*a->ids), capacity, &good);
	a->kinds = grow(a->kinds, sizeof(*a->kinds), capacity, &good);
	a->rules = grow(a->rules, sizeof(*a->rules), capacity, &good);
	a->at = grow(a->at, sizeof(*a->at), capacity, &good);
	a->repeated = grow(a->repeated, sizeof(*a->repeated), capacity, &good);
	a->capacity = good ? capacity : a->capacity;
	return good;
}

static void hash_text(struct sha256_ctx *hash, const char *text, size_t len)
{
	sha256_update(hash, len, (const uint8_t *)text);
	sha256_update(hash, 1, (const uint8_t *)"");
}

static void make_id(const struct watch_alert *alert, char out[WATCH_ALERT_ID_SIZE])
{
	struct sha256_ctx hash;
	uint8_t digest[WATCH_ALERT_ID_SIZE / 2];

	sha256_init(&hash);
	hash_text(&hash, alert->rule, strlen(alert->rule));
	hash_text(&hash, watch_news_text[alert->kind], strlen(watch_news_text[alert->kind]));
	if (alert->subject) {
		hash_text(&hash, alert->subject, strlen(alert->subject));
	} else {
		hash_text(&hash, alert->record->name, alert->record->name_len);
		hash_text(&hash, alert->record->type, alert->record->type_len);
		hash_text(&hash, alert->record->rdata, alert->record->rdata_len);
	}
	sha256_digest(&hash, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void put_field(struct redis_buffer *out, const char *name, const char *value, size_t len)
{
	redis_encode_text(out, name);
	redis_encode_bulk(out, value, len < WATCH_ALERT_TEXT_MAX ? len : WATCH_ALERT_TEXT_MAX);
}

bool watch_alerts_add(struct watch_alerts *a, const struct reader *r, const struct watch_alert *alert,
	uint64_t alert_max)
{
	struct redis_buffer *out = &a->commands;
	const struct watch_record *record = alert->record;
	char number[24];

	if (!make_room(a))
		return false;
	a->at[a->len] = out->size;
	a->kinds[a->len] = alert->kind;
	a->repeated[a->len] = false;
	snprintf(a->rules[a->len], WATCH_NAME_SIZE, "%s", alert->rule);
	make_id(alert, a->ids[a->len]);
	redis_encode_array(out, 28);
	redis_encode_literal(out, "XADD");
	redis_encode_key(out, r->settings.prefix, FAMILY_ALERT, "", 0);
	redis_encode_literal(out, "MAXLEN");
	redis_encode_literal(out, "~");
	redis_encode_uint(out, alert_max);
	redis_encode_literal(out, "*");
	put_field(out, "id", a->ids[a->len], WATCH_ALERT_ID_SIZE - 1);
	put_field(out, "rule", alert->rule, strlen(alert->rule));
	put_field(out, "kind", watch_news_text[alert->kind], strlen(watch_news_text[alert->kind]));
	put_field(out, "name", record->name, record->name_len);
	put_field(out, "type", record->type, record->type_len);
	put_field(out, "rdata", record->rdata, record->rdata_len);
	put_field(out, "first", number, (size_t)snprintf(number, sizeof(number), "%" PRId64, alert->first));
	put_field(out, "last", number, (size_t)snprintf(number, sizeof(number), "%" PRId64, alert->last));
	put_field(out, "sensor", alert->sensor, strlen(alert->sensor));
	put_field(out, "expected", alert->expected, strlen(alert->expected));
	put_field(out, "reason", alert->reason, strlen(alert->reason));
	a->len++;
	return !out->bad;
}

// writing ──────────────────────────────────────────────────────────────────────────────────────

static void put_word(struct reader *r, const char *word)
{
	redis_encode_array(&r->out, 1);
	redis_encode_text(&r->out, word);
}

static bool is_repeated_here(const struct watch_alerts *a, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!a->repeated[i] && strcmp(a->ids[i], a->ids[index]) == 0)
			return true;
	return false;
}

// WATCH, the cursor, and which alerts there are already. 1; 0: the cursor has moved; -1.
static int compare(struct watch_alerts *a, struct reader *r, const struct watch_cursor *before)
{
	struct watch_cursor now;
	char tag[WATCH_KEY_SIZE];
	size_t len = watch_tag(r, tag);

	reader_begin(r);
	reader_command(r, 3, "WATCH", FAMILY_WATCH_IDS, tag, len);
	reader_key(r, FAMILY_WATCH_CURSOR, tag, len);
	if (reader_send(r) != 0 || reader_drain(r) != 0 || watch_cursor_read(r, &now, 0) != 0)
		return -1;
	if (now.known != before->known || (before->known && strcmp(now.id, before->id) != 0))
		return 0;
	if (a->len == 0)
		return 1;
	reader_begin(r);
	reader_command(r, 2 + (unsigned)a->len, "ZMSCORE", FAMILY_WATCH_IDS, tag, len);
	for (size_t i = 0; i < a->len; i++)
		redis_encode_text(&r->out, a->ids[i]);
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	if (!reply)
		return -1;
	for (size_t i = 0; i < a->len; i++)
		a->repeated[i] = (i < reply->elements && reply->element[i]->type == REDIS_REPLY_STRING) ||
				 is_repeated_here(a, i);
	freeReplyObject(reply);
	return 1;
}

static void put_alerts(const struct watch_alerts *a, struct reader *r)
{
	char tag[WATCH_KEY_SIZE];
	size_t len = watch_tag(r, tag), fresh = 0;
	uint64_t now = (uint64_t)time(NULL);

	for (size_t i = 0; i < a->len; i++) {
		size_t end = i + 1 < a->len ? a->at[i + 1] : a->commands.size;
		if (a->repeated[i])
			continue;
		char *room = redis_buffer_room(&r->out, end - a->at[i]);
		if (!room)
			return;
		memcpy(room, a->commands.bytes + a->at[i], end - a->at[i]);
		r->out.size += end - a->at[i];
		r->out.arrays++;
		fresh++;
	}
	if (fresh == 0)
		return;
	reader_command(r, 2 + 2 * (unsigned)fresh, "ZADD", FAMILY_WATCH_IDS, tag, len);
	for (size_t i = 0; i < a->len; i++) {
		if (a->repeated[i])
			continue;
		redis_encode_uint(&r->out, now);
		redis_encode_text(&r->out, a->ids[i]);
	}
	reader_command(r, 4, "ZREMRANGEBYSCORE", FAMILY_WATCH_IDS, tag, len);
	redis_encode_literal(&r->out, "-inf");
	redis_encode_uint(&r->out, now - WATCH_IDS_S);
	reader_command(r, 4, "ZREMRANGEBYRANK", FAMILY_WATCH_IDS, tag, len);
	redis_encode_literal(&r->out, "0");
	char rank[16];
	snprintf(rank, sizeof(rank), "-%d", WATCH_IDS_MAX + 1);
	redis_encode_text(&r->out, rank);
}

// Reads the replies to MULTI … EXEC. 1: all was done; 0: a watched key has changed; -1.
static int read_exec(struct reader *r)
{
	redisReply *reply = NULL;
	int result = 1;

	while (r->due > 0) {
		if (reply)
			freeReplyObject(reply);
		reply = reader_reply(r);
		if (!reply)
			return -1;
	}
	if (!reply || reply->type != REDIS_REPLY_ARRAY)
		result = 0;
	for (size_t i = 0; result == 1 && i < reply->elements; i++)
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			result = reader_fail(r, "alerts: Redis: %.200s", reply->element[i]->str);
	if (reply)
		freeReplyObject(reply);
	return result;
}

static int write_all(struct watch_alerts *a, struct reader *r, const struct watch_cursor *before,
	const struct watch_cursor *after)
{
	int result = compare(a, r, before);

	reader_begin(r);
	if (result == 0) {
		put_word(r, "UNWATCH");
		return reader_send(r) == 0 && reader_drain(r) == 0 ? 0 : -1;
	}
	if (result < 0)
		return -1;
	put_word(r, "MULTI");
	put_alerts(a, r);
	watch_cursor_put(r, after);
	put_word(r, "EXEC");
	return reader_send(r) == 0 ? read_exec(r) : -1;
}

int watch_alerts_write(struct watch_alerts *a, struct reader *r, const struct watch_cursor *before,
	const struct watch_cursor *after)
{
	char key[WATCH_KEY_SIZE];
	int len = snprintf(key, sizeof(key), "%s%s", r->settings.prefix, FAMILY_ALERT);

	if (reader_nodes(r) == 0)
		return -1;
	r->node = reader_node_of(r, key, (size_t)len);
	r->writes = true; // WATCH and EXEC must go over one connection
	int result = write_all(a, r, before, after);
	r->writes = false;
	return result;
}
