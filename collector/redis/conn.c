// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/conn.h"

#include "dataplane/common/stats.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { REPLY_SIZE_MAX = 64 << 20 }; // far above any reply that we expect

void redis_conn_close(struct redis_conn *c)
{
	redis_link_free(c->link);
	c->link = NULL;
}

int redis_conn_fail(struct redis_conn *c, enum redis_trouble trouble, const char *format, ...)
{
	va_list args;

	c->trouble = trouble;
	va_start(args, format);
	vsnprintf(c->why, sizeof(c->why), format, args);
	va_end(args);
	stats_add(&redis_trouble_count[trouble], 1);
	redis_conn_close(c);
	return -1;
}

// A failure of the socket, of TLS or of the protocol.
static int fail_link(struct redis_conn *c)
{
	char why[sizeof(c->link->why)];
	int error = c->link->error;

	snprintf(why, sizeof(why), "%s", c->link->why); // the link is closed before it is printed
	if (c->link->by_tls)
		return redis_conn_fail(c, REDIS_TROUBLE_TLS, "%s", why);
	switch (c->link->err) {
	case REDIS_ERR_IO:
		if (error == EAGAIN || error == EWOULDBLOCK || error == ETIMEDOUT)
			return redis_conn_fail(c, REDIS_TROUBLE_TIMEOUT, "no answer within redis.timeout");
		return redis_conn_fail(c, REDIS_TROUBLE_CLOSED, "connection lost: %s", why);
	case REDIS_ERR_EOF:
		return redis_conn_fail(c, REDIS_TROUBLE_CLOSED, "%s", why);
	case REDIS_ERR_PROTOCOL:
		return redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "this is not a Redis server: %s", why);
	default:
		return redis_conn_fail(c, REDIS_TROUBLE_ERROR, "%s", why);
	}
}

int redis_conn_write(struct redis_conn *c, const char *bytes, size_t size)
{
	return redis_link_send(c->link, bytes, size, c->link->timeout_ms) == 0 ? 0 : fail_link(c);
}

// Reads one reply with the reader's current object functions. NULL: closed.
static void *read_reply(struct redis_conn *c)
{
	struct redis_link *l = c->link;

	for (;;) {
		void *reply = redis_link_reply(l);
		if (reply)
			return reply;
		if (!l->err && l->reader->len > REPLY_SIZE_MAX) {
			redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "a reply larger than 64 MiB");
			return NULL;
		}
		if (l->err || redis_link_feed(l, l->timeout_ms) != 0)
			break;
	}
	fail_link(c);
	return NULL;
}

redisReply *redis_conn_ask(struct redis_conn *c, const struct redis_buffer *b)
{
	if (b->bad) {
		redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "out of memory for commands");
		return NULL;
	}
	if (redis_conn_write(c, b->bytes, b->size) != 0)
		return NULL;
	return read_reply(c);
}

// --- replies without allocation: the "object" that hiredis creates is the place of its result

static struct redis_result *place_of(const redisReadTask *task)
{
	static __thread struct redis_result ignored;
	struct redis_results *r = task->privdata;

	if (!task->parent)
		return &r->top;
	if (task->parent->parent || (size_t)task->idx >= r->capacity)
		return &ignored;
	return &r->at[task->idx];
}

// The leading digits of a text as a number. `*whole`: the text is nothing else, and has at most 18 digits.
static long long read_decimal(const char *text, size_t len, bool *whole)
{
	long long value = 0;
	size_t i = 0;

	for (; i < len && i < 18 && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (text[i] - '0');
	*whole = len > 0 && i == len;
	return value;
}

void redis_texts_keep(struct redis_texts *t, size_t from, size_t to)
{
	t->from = from;
	t->to = to;
	t->len = 0;
	redis_buffer_clear(&t->bytes);
}

void redis_texts_free(struct redis_texts *t)
{
	redis_buffer_free(&t->bytes);
	free(t->at);
	*t = (struct redis_texts){.at = NULL};
}

// If there is no memory, the text is dropped.
static void keep_text(struct redis_texts *t, const redisReadTask *task, const char *text, size_t len)
{
	size_t index = (size_t)(task->parent->parent ? task->parent->idx : task->idx);

	if (index < t->from || index >= t->to)
		return;
	if (t->len == t->capacity) {
		size_t capacity = t->capacity ? 2 * t->capacity : 64;
		struct redis_text *more = realloc(t->at, capacity * sizeof(*more));
		if (!more)
			return;
		t->at = more;
		t->capacity = capacity;
	}
	char *room = redis_buffer_room(&t->bytes, len);
	if (!room)
		return;
	memcpy(room, text, len);
	t->at[t->len++] = (struct redis_text){.index = (uint32_t)index, .len = (uint32_t)len, .at = t->bytes.size};
	t->bytes.size += len;
}

static void *sink_string(const redisReadTask *task, char *text, size_t len)
{
	struct redis_results *r = task->privdata;
	struct redis_result *at = place_of(task);

	*at = (struct redis_result){.type = task->type, .trouble = REDIS_TROUBLE_NONE};
	if (task->type == REDIS_REPLY_STRING)
		at->integer = read_decimal(text, len, &at->decimal);
	if (task->parent && r->texts.to > r->texts.from)
		keep_text(&r->texts, task, text, len);
	if (task->type == REDIS_REPLY_ERROR) {
		at->trouble = redis_trouble_of(text, len);
		if (r->errors++ == 0) {
			r->trouble = at->trouble;
			snprintf(r->error, sizeof(r->error), "%.*s", (int)(len < 255 ? len : 255), text);
		}
	}
	return at;
}

// hiredis 1.0 changed the type of an array's length.
#if HIREDIS_MAJOR >= 1
typedef size_t redis_array_len;
#else
typedef int redis_array_len;
#endif

static void *sink_array(const redisReadTask *task, redis_array_len len)
{
	struct redis_results *r = task->privdata;
	struct redis_result *at = place_of(task);

	*at = (struct redis_result){.type = REDIS_REPLY_ARRAY, .trouble = REDIS_TROUBLE_NONE};
	if (!task->parent)
		r->len = (size_t)len;
	return at;
}

static void *sink_integer(const redisReadTask *task, long long value)
{
	struct redis_result *at = place_of(task);

	*at = (struct redis_result){.type = REDIS_REPLY_INTEGER, .trouble = REDIS_TROUBLE_NONE, .integer = value};
	return at;
}

static void *sink_nil(const redisReadTask *task)
{
	struct redis_result *at = place_of(task);

	*at = (struct redis_result){.type = REDIS_REPLY_NIL, .trouble = REDIS_TROUBLE_NONE};
	return at;
}

static void sink_free(void *object)
{
}

static redisReplyObjectFunctions sink_functions = {
	.createString = sink_string,
	.createArray = sink_array,
	.createInteger = sink_integer,
	.createNil = sink_nil,
	.freeObject = sink_free,
};

// Half of all replies are these; hiredis would parse them one by one.
uint32_t redis_conn_skip_queued(struct redis_conn *c, uint32_t most)
{
	static const char queued[] = "+QUEUED\r\n";
	enum { QUEUED_SIZE = sizeof(queued) - 1 };
	redisReader *reader = c->link->reader;
	uint32_t n = 0;

	if (reader->ridx != -1) // in the middle of a reply
		return 0;
	while (n < most && reader->len - reader->pos >= QUEUED_SIZE &&
		memcmp(reader->buf + reader->pos, queued, QUEUED_SIZE) == 0) {
		reader->pos += QUEUED_SIZE;
		n++;
	}
	return n;
}

int redis_conn_read(struct redis_conn *c, struct redis_results *results)
{
	redisReader *reader = c->link->reader;
	redisReplyObjectFunctions *usual = reader->fn;

	results->len = 0;
	reader->fn = &sink_functions;
	reader->privdata = results;
	void *reply = read_reply(c);
	if (!reply)
		return -1; // closed: the reader no longer exists
	reader->fn = usual;
	reader->privdata = NULL;
	return 0;
}
