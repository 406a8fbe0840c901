// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/reader.h"

#include "collector/reader/cluster.h"
#include "collector/reader/connect.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <libpsl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RETRY_MS = 1000, SUFFIXES_SIZE_MAX = 8 << 20 };

// The whole list as text, so that "is there a suffix below this name" can be asked.
static char *read_suffixes(const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0 || size > SUFFIXES_SIZE_MAX) {
		free(text);
		text = NULL;
	}
	fclose(file);
	if (text && !strstr(text, "\ncom\n")) { // a compiled list: no text to look into
		free(text);
		text = NULL;
	}
	return text;
}

void reader_init(struct reader *db, const struct redis_settings *settings, const struct zone_list *zones,
	const char *suffix_file)
{
	*db = (struct reader){.settings = *settings, .zones = zones};
	if (!zones)
		return; // nobody will ask
	db->suffixes = read_suffixes(*suffix_file ? suffix_file : psl_dist_filename());
	if (!db->suffixes && !*suffix_file)
		db->suffixes = read_suffixes("/usr/share/publicsuffix/public_suffix_list.dat");
}

static void close_connection(struct reader *db)
{
	if (db->first)
		freeReplyObject(db->first);
	if (db->context)
		redisFree(db->context);
	db->first = NULL;
	db->context = NULL;
	db->due = 0;
	reader_cluster_close(db);
}

void reader_free(struct reader *db)
{
	close_connection(db);
	reader_cluster_free(db);
	redis_buffer_free(&db->out);
	free(db->suffixes);
	db->suffixes = NULL;
}

int reader_fail(struct reader *db, const char *format, ...)
{
	char why[sizeof(db->why)]; // the arguments may be in db->why
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	memcpy(db->why, why, sizeof(why));
	close_connection(db);
	return -1;
}

void reader_begin(struct reader *db)
{
	redis_buffer_clear(&db->out);
}

void reader_key(struct reader *db, const char *family, const char *tail, size_t tail_len)
{
	char head[sizeof(db->settings.prefix) + 16];
	size_t prefix_len = strlen(db->settings.prefix), len = strlen(family);

	memcpy(head, db->settings.prefix, prefix_len);
	memcpy(head + prefix_len, family, len);
	redis_encode_bulk2(&db->out, head, prefix_len + len, tail, tail_len);
}

void reader_command(struct reader *db, unsigned arguments, const char *command, const char *family, const char *tail,
	size_t tail_len)
{
	redis_encode_array(&db->out, arguments);
	redis_encode_text(&db->out, command);
	reader_key(db, family, tail, tail_len);
}

void reader_put_scan(const struct reader *db, struct redis_buffer *out, const char *cursor, const char *family,
	const char *pattern, unsigned count)
{
	char glob[sizeof(db->settings.prefix) * 2 + 16];
	size_t n = 0;

	for (const char *p = db->settings.prefix; *p; p++) {
		if (strchr("*?[]\\^", *p))
			glob[n++] = '\\';
		glob[n++] = *p;
	}
	strcpy(glob + n, family);
	redis_encode_array(out, 6);
	redis_encode_literal(out, "SCAN");
	redis_encode_text(out, cursor);
	redis_encode_literal(out, "MATCH");
	redis_encode_bulk2(out, glob, strlen(glob), pattern, strlen(pattern));
	redis_encode_literal(out, "COUNT");
	redis_encode_uint(out, count);
}

// --- connecting

static int fail_context(struct reader *db)
{
	char text[300];

	reader_connect_why(db->context, &db->settings, text, sizeof(text));
	return reader_fail(db, "%s", text);
}

// What went wrong since `begun` is not tried again for a while, lest everyone waits for it; unless it was the lookup that
// had no time left.
static void note_trouble(struct reader *db, int64_t begun)
{
	int64_t now = (int64_t)monotonic_ms();
	bool cut_short = db->settings.until_ms != 0 && now >= db->settings.until_ms && now - begun < RETRY_MS;

	if (!cut_short)
		db->down_until_ms = now + RETRY_MS;
}

static int connect_db(struct reader *db)
{
	int64_t begun = (int64_t)monotonic_ms();

	if (begun < db->down_until_ms)
		return -1; // `why` says what happened a moment ago
	db->context = reader_connect(&db->settings, NULL, db->why, sizeof(db->why));
	int result = db->context ? reader_cluster_find(db) : -1;
	if (result != 0)
		note_trouble(db, begun);
	return result;
}

// --- commands and replies

static int send_to_cluster(struct reader *db)
{
	int64_t begun = (int64_t)monotonic_ms();

	if (begun < db->down_until_ms)
		return -1;
	db->due = reader_cluster_send(db) == 0 ? db->out.arrays : 0;
	if (db->due > 0)
		return 0;
	note_trouble(db, begun);
	return -1;
}

int reader_send(struct reader *db)
{
	if (db->out.bad)
		return reader_fail(db, "out of memory");
	if (db->out.arrays == 0)
		return 0;
	for (int attempt = 0;; attempt++) {
		bool kept = db->context != NULL;
		if (!kept && !db->cluster && connect_db(db) != 0)
			return -1;
		if (db->cluster)
			return send_to_cluster(db);
		int64_t begun = (int64_t)monotonic_ms();
		if (redisAppendFormattedCommand(db->context, db->out.bytes, db->out.size) == REDIS_OK &&
			reader_connect_write(db->context, &db->settings) &&
			(db->first = reader_connect_read(db->context, &db->settings)) != NULL) {
			db->due = db->out.arrays;
			return 0;
		}
		bool closed = db->context->err == REDIS_ERR_EOF ||
			      (db->context->err == REDIS_ERR_IO && (errno == EPIPE || errno == ECONNRESET));
		fail_context(db);
		if (!closed)
			note_trouble(db, begun);
		if (!kept || !closed || attempt > 0 || db->writes)
			return -1;
	}
}

redisReply *reader_reply(struct reader *db)
{
	redisReply *reply = db->first;
	int64_t begun = (int64_t)monotonic_ms();

	if ((!db->context && !db->cluster) || db->due == 0)
		return NULL;
	if (db->cluster) {
		reply = reader_cluster_reply(db);
	} else if (!reply) {
		reply = reader_connect_read(db->context, &db->settings);
		if (!reply)
			fail_context(db);
	}
	if (!reply) {
		note_trouble(db, begun);
		return NULL;
	}
	db->first = NULL;
	db->due--;
	if (reply->type == REDIS_REPLY_ERROR) {
		reader_fail(db, "Redis: %.300s", reply->str);
		freeReplyObject(reply);
		return NULL;
	}
	return reply;
}

int reader_drain(struct reader *db)
{
	while (db->due > 0) {
		redisReply *reply = reader_reply(db);
		if (!reply)
			return -1;
		freeReplyObject(reply);
	}
	return 0;
}

// Connected, so that it is known whether Redis is a cluster.
static int see_to_connection(struct reader *db)
{
	return db->context || db->cluster ? 0 : connect_db(db);
}

size_t reader_nodes(struct reader *db)
{
	if (see_to_connection(db) != 0)
		return 0;
	return db->cluster ? db->cluster->len : 1;
}

uint64_t reader_version(struct reader *db)
{
	if (see_to_connection(db) != 0 || (db->cluster && reader_cluster_refresh(db) != 0))
		return 0;
	return db->cluster ? db->cluster->version : 1;
}

bool reader_suffix_below(const struct reader *db, const char *name, size_t len)
{
	char line[260];

	if (!db->suffixes)
		return true; // not known
	if (len > 253)
		return false;
	snprintf(line, sizeof(line), ".%.*s\n", (int)len, name);
	return strstr(db->suffixes, line) != NULL;
}

const redisReply *reader_field(const redisReply *fields, const char *name)
{
	for (size_t i = 0; i + 1 < fields->elements; i += 2)
		if (strcmp(fields->element[i]->str, name) == 0)
			return fields->element[i + 1];
	return NULL;
}

int64_t reader_number(const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_INTEGER)
		return reply->integer;
	if (reply->type != REDIS_REPLY_STRING)
		return 0;
	int64_t value = 0;
	for (size_t i = 0; i < reply->len; i++) {
		if (reply->str[i] < '0' || reply->str[i] > '9' || i > 17)
			return (int64_t)strtod(reply->str, NULL);
		value = value * 10 + (reply->str[i] - '0');
	}
	return value;
}
