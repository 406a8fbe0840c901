// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/reader.h"

#include "collector/reader/cluster.h"
#include "collector/reader/connect.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RETRY_MS = 1000 };

void reader_init(struct reader *r, const struct redis_settings *settings)
{
	*r = (struct reader){.settings = *settings};
}

static void close_connection(struct reader *r)
{
	if (r->first)
		freeReplyObject(r->first);
	redis_link_free(r->link);
	r->first = NULL;
	r->link = NULL;
	r->due = 0;
	if (r->cluster)
		reader_cluster_close(r->cluster);
}

void reader_free(struct reader *r)
{
	close_connection(r);
	reader_cluster_free(r->cluster);
	r->cluster = NULL;
	redis_buffer_free(&r->out);
}

int reader_fail(struct reader *r, const char *format, ...)
{
	char why[sizeof(r->why)]; // the arguments may be in r->why
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	memcpy(r->why, why, sizeof(why));
	close_connection(r);
	return -1;
}

void reader_begin(struct reader *r)
{
	redis_buffer_clear(&r->out);
}

void reader_key(struct reader *r, const char *family, const char *tail, size_t tail_len)
{
	char head[sizeof(r->settings.prefix) + 16];
	size_t prefix_len = strlen(r->settings.prefix), len = strlen(family);

	memcpy(head, r->settings.prefix, prefix_len);
	memcpy(head + prefix_len, family, len);
	redis_encode_bulk2(&r->out, head, prefix_len + len, tail, tail_len);
}

void reader_command(struct reader *r, unsigned arguments, const char *command, const char *family, const char *tail,
	size_t tail_len)
{
	redis_encode_array(&r->out, arguments);
	redis_encode_text(&r->out, command);
	reader_key(r, family, tail, tail_len);
}

void reader_put_scan(const struct reader *r, struct redis_buffer *out, const char *cursor, const char *family,
	const char *pattern, unsigned count)
{
	char glob[sizeof(r->settings.prefix) * 2 + 16];
	size_t n = 0;

	for (const char *p = r->settings.prefix; *p; p++) {
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

static int fail_context(struct reader *r)
{
	char text[500];

	reader_connect_why(r->link, &r->settings, text, sizeof(text));
	return reader_fail(r, "%s", text);
}

// After a failed connect that began at `begun`: no new attempt for a while, so that not every lookup waits for it. An attempt that
// failed because its lookup ran out of time does not count.
static void note_trouble(struct reader *r, int64_t begun)
{
	int64_t now = (int64_t)monotonic_ms();
	bool cut_short = r->settings.until_ms != 0 && now >= r->settings.until_ms && now - begun < RETRY_MS;

	if (!cut_short)
		r->down_until_ms = now + RETRY_MS;
}

// If the server is part of a cluster, connections to its primaries replace this one.
static int find_cluster(struct reader *r)
{
	struct reader_cluster *cl = reader_cluster_new(&r->settings);
	int found = cl ? reader_cluster_read(cl, r->link) : -1;

	if (found > 0) {
		redis_link_free(r->link);
		r->link = NULL;
		r->cluster = cl;
		return 0;
	}
	if (found < 0)
		reader_fail(r, "%s", cl ? cl->why : "out of memory");
	reader_cluster_free(cl);
	return found;
}

static int connect_redis(struct reader *r)
{
	int64_t begun = (int64_t)monotonic_ms();

	if (begun < r->down_until_ms)
		return -1; // `why` still has the last failure
	r->link = reader_connect(&r->settings, NULL, r->why, sizeof(r->why));
	int result = r->link ? find_cluster(r) : -1;
	if (result != 0)
		note_trouble(r, begun);
	return result;
}

// --- commands and replies

static int send_to_cluster(struct reader *r)
{
	int64_t begun = (int64_t)monotonic_ms();

	if (begun < r->down_until_ms)
		return -1;
	if (reader_cluster_send(r->cluster, &r->out, r->node) == 0) {
		r->due = r->out.arrays;
		return 0;
	}
	reader_fail(r, "%s", r->cluster->why);
	note_trouble(r, begun);
	return -1;
}

int reader_send(struct reader *r)
{
	if (r->out.bad)
		return reader_fail(r, "out of memory");
	if (r->out.arrays == 0)
		return 0;
	for (int attempt = 0;; attempt++) {
		bool kept = r->link != NULL;
		if (!kept && !r->cluster && connect_redis(r) != 0)
			return -1;
		if (r->cluster)
			return send_to_cluster(r);
		int64_t begun = (int64_t)monotonic_ms();
		if (reader_connect_write(r->link, &r->settings, r->out.bytes, r->out.size) &&
			(r->first = reader_connect_read(r->link, &r->settings)) != NULL) {
			r->due = r->out.arrays;
			return 0;
		}
		bool closed =
			r->link->err == REDIS_ERR_EOF ||
			(r->link->err == REDIS_ERR_IO && (r->link->error == EPIPE || r->link->error == ECONNRESET));
		fail_context(r);
		if (!closed)
			note_trouble(r, begun);
		if (!kept || !closed || attempt > 0 || r->writes)
			return -1;
	}
}

redisReply *reader_reply(struct reader *r)
{
	redisReply *reply = r->first;
	int64_t begun = (int64_t)monotonic_ms();

	if ((!r->link && !r->cluster) || r->due == 0)
		return NULL;
	if (r->cluster) {
		reply = reader_cluster_reply(r->cluster, &r->out);
		if (!reply)
			reader_fail(r, "%s", r->cluster->why);
	} else if (!reply) {
		reply = reader_connect_read(r->link, &r->settings);
		if (!reply)
			fail_context(r);
	}
	if (!reply) {
		note_trouble(r, begun);
		return NULL;
	}
	r->first = NULL;
	r->due--;
	if (reply->type == REDIS_REPLY_ERROR) {
		reader_fail(r, "Redis: %.300s", reply->str);
		freeReplyObject(reply);
		return NULL;
	}
	return reply;
}

int reader_drain(struct reader *r)
{
	while (r->due > 0) {
		redisReply *reply = reader_reply(r);
		if (!reply)
			return -1;
		freeReplyObject(reply);
	}
	return 0;
}

// Connects if necessary: then it is known whether Redis is a cluster.
static int see_to_connection(struct reader *r)
{
	return r->link || r->cluster ? 0 : connect_redis(r);
}

size_t reader_nodes(struct reader *r)
{
	if (see_to_connection(r) != 0)
		return 0;
	return r->cluster ? r->cluster->map.len : 1;
}

uint64_t reader_version(struct reader *r)
{
	if (see_to_connection(r) != 0)
		return 0;
	if (r->cluster && reader_cluster_refresh(r->cluster) != 0) {
		reader_fail(r, "%s", r->cluster->why);
		return 0;
	}
	return r->cluster ? r->cluster->version : 1;
}

size_t reader_node_of(const struct reader *r, const char *key, size_t len)
{
	return r->cluster ? r->cluster->map.owner[redis_slot(key, len)] : 0;
}

const struct endpoint *reader_node_address(const struct reader *r, size_t node)
{
	return r->cluster ? &r->cluster->map.node[node].address : NULL;
}

const char *reader_node_id(const struct reader *r, size_t node)
{
	return r->cluster ? r->cluster->map.node[node].id : "redis";
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
