// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/connect.h"

#include "collector/redis/greet.h"
#include "collector/redis/sentinel.h"

#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <stdio.h>

void reader_connect_why(const struct redis_link *l, const struct redis_settings *s, char *why, size_t why_size)
{
	bool silent = l->err == REDIS_ERR_IO && (l->error == EAGAIN || l->error == EWOULDBLOCK);

	if (silent && s->until_ms != 0 && (int64_t)monotonic_ms() >= s->until_ms)
		snprintf(why, why_size, "Redis did not answer in the time that the lookup had left");
	else if (silent)
		snprintf(why, why_size, "Redis did not answer in %g s", s->timeout_s);
	else
		snprintf(why, why_size, "Redis: %s", l->why);
}

bool reader_connect_write(struct redis_link *l, const struct redis_settings *s, const char *bytes, size_t size)
{
	enum { PIECE_SIZE = 256 * 1024 }; // between two looks at the time that is left

	for (size_t at = 0; at < size; at += PIECE_SIZE)
		if (redis_link_send(l, bytes + at, size - at < PIECE_SIZE ? size - at : PIECE_SIZE,
			    redis_greet_patience_ms(s)) != 0)
			return false;
	return true;
}

redisReply *reader_connect_read(struct redis_link *l, const struct redis_settings *s)
{
	for (;;) {
		void *reply = redis_link_reply(l);
		if (reply)
			return reply;
		if (l->err || redis_link_feed(l, redis_greet_patience_ms(s)) != 0)
			return NULL;
	}
}

redisReply *reader_connect_ask(struct redis_link *l, const struct redis_settings *s, const struct redis_buffer *b,
	char *why, size_t why_size)
{
	redisReply *reply = NULL;

	if (b->bad)
		snprintf(why, why_size, "out of memory");
	else if (!reader_connect_write(l, s, b->bytes, b->size) || !(reply = reader_connect_read(l, s)))
		reader_connect_why(l, s, why, why_size);
	return reply;
}

// Sends one command; its reply must not be an error. Returns 0 or -1.
static int ask_good(struct redis_link *c, const struct redis_settings *s, const struct redis_buffer *b,
	const char *what, char *why, size_t why_size)
{
	redisReply *reply = reader_connect_ask(c, s, b, why, why_size);

	if (!reply)
		return -1;
	int result = reply->type == REDIS_REPLY_ERROR ? -1 : 0;
	if (result != 0)
		snprintf(why, why_size, "Redis rejected %s: %.200s", what, reply->str);
	freeReplyObject(reply);
	return result;
}

static int greet(struct redis_link *c, const struct redis_settings *s, char *why, size_t why_size)
{
	char password[sizeof(s->password)];
	struct redis_buffer b = {0};
	int result = redis_greet_password(s, password, sizeof(password), why, why_size);

	if (result == 0 && password[0]) {
		redis_greet_auth(&b, s, password);
		result = ask_good(c, s, &b, "the password", why, why_size);
	}
	if (result == 0 && s->database != 0) {
		redis_buffer_clear(&b);
		redis_greet_select(&b, s);
		result = ask_good(c, s, &b, "the database", why, why_size);
	}
	redis_buffer_free(&b);
	return result;
}

// The socket alone. NULL with a line in `why`.
static struct redis_link *open_socket(const struct redis_settings *s, const struct endpoint *at, char *why,
	size_t why_size)
{
	struct redis_link *c = redis_greet_socket(s, at);

	if (!c) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	if (c->err) {
		snprintf(why, why_size, "cannot connect to Redis at %.270s: %s", at->text, c->why);
		redis_link_free(c);
		return NULL;
	}
	return c;
}

static struct redis_link *open_one(const struct redis_settings *s, const struct endpoint *at, char *why,
	size_t why_size)
{
	struct redis_link *c = open_socket(s, at, why, why_size);

	if (c && greet(c, s, why, why_size) != 0) {
		redis_link_free(c);
		c = NULL;
	}
	return c;
}

// Asks one Sentinel where the primary is. 0 or -1.
static int ask_sentinel(const struct redis_settings *s, const struct endpoint *at, struct endpoint *primary, char *why,
	size_t why_size)
{
	struct redis_link *c = open_socket(s, at, why, why_size);
	struct redis_buffer b = {0};

	if (!c)
		return -1;
	redis_sentinel_ask(&b, s);
	redisReply *reply = reader_connect_ask(c, s, &b, why, why_size);
	redis_buffer_free(&b);
	redis_link_free(c);
	if (!reply)
		return -1;
	bool found = redis_sentinel_answer(reply, primary);
	if (!found)
		snprintf(why, why_size, "the Sentinel %.200s knows no primary '%s'", at->text, s->sentinel);
	freeReplyObject(reply);
	return found ? 0 : -1;
}

// If the user may not read the role, the server counts as a primary.
static bool is_primary(struct redis_link *c, const struct redis_settings *s)
{
	struct redis_buffer b = {0};
	char ignored[200];

	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "ROLE");
	redisReply *reply = reader_connect_ask(c, s, &b, ignored, sizeof(ignored));
	redis_buffer_free(&b);
	if (!reply)
		return false;
	bool replica = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 && reply->element[0]->str &&
		       strcmp(reply->element[0]->str, "slave") == 0;
	freeReplyObject(reply);
	return !replica;
}

struct redis_link *reader_connect(const struct redis_settings *s, const struct endpoint *at, char *why, size_t why_size)
{
	struct redis_link *replica = NULL;
	struct endpoint primary;

	if (at)
		return open_one(s, at, why, why_size);
	for (size_t i = 0; i <= s->others.len; i++) {
		at = i == 0 ? &s->address : &s->others.at[i - 1];
		if (s->sentinel[0]) {
			if (ask_sentinel(s, at, &primary, why, why_size) != 0)
				continue;
			at = &primary;
		}
		struct redis_link *c = open_one(s, at, why, why_size);
		if (c && (s->others.len == 0 || s->sentinel[0] || is_primary(c, s))) {
			if (replica)
				redis_link_free(replica);
			return c;
		}
		if (c && !replica && !c->err)
			replica = c;
		else if (c)
			redis_link_free(c);
	}
	return replica;
}
