// SPDX-License-Identifier: BSD-3-Clause
// Connects for the writer: Sentinel or the addresses in turn; socket, AUTH, SELECT; checks the server.
#include "collector/base/metrics.h"
#include "collector/redis/conn.h"
#include "collector/redis/greet.h"
#include "collector/redis/info.h"
#include "collector/redis/sentinel.h"
#include "collector/redis/families.h"

#include <stdio.h>

enum { VERSION_MIN_MAJOR = 6, VERSION_MIN_MINOR = 2 }; // ZADD GT and LT

static int connect_socket(struct redis_conn *c, const struct redis_settings *s, const struct endpoint *at)
{
	c->at = *at;
	c->link = redis_greet_socket(s, at);
	if (!c->link)
		return redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "out of memory");
	if (c->link->err) {
		char text[sizeof(c->link->why)];
		bool tls = c->link->by_tls;
		snprintf(text, sizeof(text), "%s", c->link->why);
		return tls ? redis_conn_fail(c, REDIS_TROUBLE_TLS, "%s", text)
			   : redis_conn_fail(c, REDIS_TROUBLE_CONNECT, "cannot connect: %s", text);
	}
	c->epoch++;
	return 0;
}

// Sends one command and expects no error. Returns the reply, or NULL (closed).
static redisReply *ask(struct redis_conn *c, struct redis_buffer *b)
{
	redisReply *reply = redis_conn_ask(c, b);

	if (reply && reply->type == REDIS_REPLY_ERROR) {
		enum redis_trouble trouble = redis_trouble_of(reply->str, reply->len);
		redis_conn_fail(c, trouble, "%s: %.200s", redis_trouble_sentence[trouble], reply->str);
		freeReplyObject(reply);
		return NULL;
	}
	return reply;
}

static int ask_and_forget(struct redis_conn *c, struct redis_buffer *b)
{
	redisReply *reply = ask(c, b);

	if (reply)
		freeReplyObject(reply);
	return reply ? 0 : -1;
}

static int authenticate(struct redis_conn *c, const struct redis_settings *s, struct redis_buffer *b)
{
	char password[sizeof(s->password)], why[400];

	if (redis_greet_password(s, password, sizeof(password), why, sizeof(why)) != 0)
		return redis_conn_fail(c, REDIS_TROUBLE_PASSWORD, "%s", why);
	if (password[0] == '\0')
		return 0;
	redis_buffer_clear(b);
	redis_greet_auth(b, s, password);
	return ask_and_forget(c, b);
}

static int select_database(struct redis_conn *c, const struct redis_settings *s, struct redis_buffer *b)
{
	if (s->database == 0)
		return 0;
	redis_buffer_clear(b);
	redis_greet_select(b, s);
	return ask_and_forget(c, b);
}

// Checks the version. If INFO is not allowed, it is assumed to be right.
static int look_around(struct redis_conn *c)
{
	int major = 0, minor = 0;

	if (redis_info_ask(c) != 0)
		return -1;
	if (c->info.version[0] && sscanf(c->info.version, "%d.%d", &major, &minor) == 2 &&
		(major < VERSION_MIN_MAJOR || (major == VERSION_MIN_MAJOR && minor < VERSION_MIN_MINOR)))
		return redis_conn_fail(c, REDIS_TROUBLE_VERSION,
			"found Redis %s, expected 6.2 or later; upgrade the server", c->info.version);
	return 0;
}

// Tries a write that changes nothing: finds a replica, a full disk, missing permissions and a key of another type before
// a batch is sent.
static int try_write(struct redis_conn *c, const struct redis_settings *s, struct redis_buffer *b)
{
	c->foreign_seq = false;
	redis_buffer_clear(b);
	redis_encode_array(b, 3);
	redis_encode_literal(b, "HDEL");
	redis_encode_bulk2(b, s->prefix, strlen(s->prefix), FAMILY_SEQ, strlen(FAMILY_SEQ));
	redis_encode_literal(b, "probe");
	redisReply *reply = redis_conn_ask(c, b);
	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_ERROR) {
		enum redis_trouble trouble = redis_trouble_of(reply->str, reply->len);
		c->foreign_seq = trouble == REDIS_TROUBLE_WRONGTYPE; // the writer checks it
		if (!c->foreign_seq)
			redis_conn_fail(c, trouble, "%s: %.200s", redis_trouble_sentence[trouble], reply->str);
	}
	freeReplyObject(reply);
	if (c->link && strcmp(c->info.role, "slave") == 0)
		return redis_conn_fail(c, REDIS_TROUBLE_READONLY,
			"found a writable replica (replica-read-only no), which loses writes with its next synchronization, expected a primary; "
			"set redis to the address of the primary");
	return c->link ? 0 : -1;
}

static int open_one(struct redis_conn *c, const struct redis_settings *s, const struct endpoint *at)
{
	struct redis_buffer b = {0};

	int result = connect_socket(c, s, at);
	if (result == 0)
		result = authenticate(c, s, &b);
	if (result == 0)
		result = select_database(c, s, &b);
	if (result == 0)
		result = look_around(c);
	if (result == 0 && !c->info.cluster)
		result = try_write(c, s, &b);
	redis_buffer_free(&b);
	if (result == 0)
		metrics_add(redis_connects, 1);
	return result;
}

// Asks one Sentinel where the primary is. Returns 0 with `*primary`, or -1.
static int ask_sentinel(struct redis_conn *c, const struct redis_settings *s, const struct endpoint *at,
	struct endpoint *primary)
{
	struct redis_buffer b = {0};

	if (connect_socket(c, s, at) != 0)
		return -1;
	redis_sentinel_ask(&b, s);
	redisReply *reply = ask(c, &b);
	redis_buffer_free(&b);
	if (!reply)
		return -1;
	bool found = redis_sentinel_answer(reply, primary);
	freeReplyObject(reply);
	redis_conn_close(c);
	if (!found)
		return redis_conn_fail(c, REDIS_TROUBLE_CONNECT, "the Sentinel %s knows no primary '%s'", at->text,
			s->sentinel);
	return 0;
}

int redis_conn_open(struct redis_conn *c, const struct redis_settings *s)
{
	size_t len = s->others.len + 1;

	for (size_t i = 0; i < len; i++) {
		size_t index = (c->preferred + i) % len;
		const struct endpoint *at = index == 0 ? &s->address : &s->others.at[index - 1];
		struct endpoint primary;
		if (s->sentinel[0] ? ask_sentinel(c, s, at, &primary) == 0 && open_one(c, s, &primary) == 0
				   : open_one(c, s, at) == 0) {
			c->preferred = index;
			return 0;
		}
	}
	return -1;
}
