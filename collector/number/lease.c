// SPDX-License-Identifier: BSD-3-Clause
#include "collector/number/lease.h"

#include "collector/base/metrics.h"
#include "collector/number/lease_state.h"
#include "collector/redis/families.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { KEY_SIZE = STREAM_UUID_TEXT_SIZE + 16 };

// Encodes the key of a family as one argument.
static void put_key(struct redis_buffer *out, const struct redis_settings *s, const char *family, const char *uuid)
{
	char tail[KEY_SIZE];
	int len = snprintf(tail, sizeof(tail), "%s{%s}", family, uuid); // hash tag: both keys are in one slot

	redis_encode_bulk2(out, s->prefix, strlen(s->prefix), tail, (size_t)len);
}

void lease_key(struct redis_buffer *out, const struct redis_settings *s, const char *uuid)
{
	put_key(out, s, FAMILY_OWNER, uuid);
}

void lease_get(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, const char *field)
{
	redis_encode_array(out, 3);
	redis_encode_literal(out, "HGET");
	lease_key(out, s, uuid);
	redis_encode_text(out, field);
}

void lease_ask(struct redis_buffer *out, const struct redis_settings *s, const char *uuid)
{
	lease_get(out, s, uuid, "now");
}

void lease_write(struct lease *l, struct redis_buffer *out, const struct redis_settings *s, const char *uuid)
{
	char host[65] = "", text[LEASE_TEXT_SIZE];

	gethostname(host, sizeof(host) - 1);
	snprintf(text, sizeof(text), "%lu %lu process %d on %s", (unsigned long)l->nonce, (unsigned long)l->applied,
		(int)getpid(), host);
	redis_encode_array(out, 5);
	redis_encode_literal(out, "SET");
	put_key(out, s, FAMILY_LEASE, uuid);
	redis_encode_text(out, text);
	redis_encode_literal(out, "PX");
	redis_encode_uint(out, LEASE_MS);
	l->renewed_ms = monotonic_ms();
}

bool lease_is_key(const char *tail)
{
	static const char *const own[] = {FAMILY_OWNER "{", FAMILY_LEASE "{", FAMILY_SLOTS "{"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strncmp(tail, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

bool lease_is_due(const struct lease *l)
{
	return monotonic_ms() - l->renewed_ms > LEASE_RENEW_MS;
}

void lease_watch(struct redis_buffer *out, const struct redis_settings *s, const char *uuid)
{
	redis_encode_array(out, 2);
	redis_encode_literal(out, "WATCH");
	lease_key(out, s, uuid);
}

int lease_send(struct redis_conn *c, struct redis_buffer *b, char *out, size_t out_size)
{
	redisReply *reply = redis_conn_ask(c, b);

	out[0] = '\0';
	redis_buffer_clear(b);
	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_ERROR) {
		enum redis_trouble trouble = redis_trouble_of(reply->str, reply->len);
		redis_conn_fail(c, trouble, "%s: %.200s", redis_trouble_sentence[trouble], reply->str);
	} else if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) {
		snprintf(out, out_size, "%s", reply->str);
	} else if (reply->type == REDIS_REPLY_INTEGER) {
		snprintf(out, out_size, "%lld", reply->integer);
	} else if (reply->type == REDIS_REPLY_ARRAY) {
		snprintf(out, out_size, "done");
	}
	freeReplyObject(reply);
	return c->link ? 0 : -1;
}

// TYPE of the key of a family. Returns 0, or -1 (closed).
static int read_type(struct redis_conn *c, const struct redis_settings *s, const char *family, const char *uuid,
	char *out, size_t out_size)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "TYPE");
	put_key(&b, s, family, uuid);
	int result = lease_send(c, &b, out, out_size);
	redis_buffer_free(&b);
	return result;
}

// A command whose only argument is the key of the lease. Returns 0 with the text of the reply, or -1 (closed).
static int ask_lease(struct redis_conn *c, const struct redis_settings *s, const char *command, const char *uuid,
	char out[LEASE_TEXT_SIZE])
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 2);
	redis_encode_text(&b, command);
	put_key(&b, s, FAMILY_LEASE, uuid);
	int result = lease_send(c, &b, out, LEASE_TEXT_SIZE);
	redis_buffer_free(&b);
	return result;
}

int lease_holder(struct redis_conn *c, const struct redis_settings *s, const char *uuid, char out[LEASE_TEXT_SIZE])
{
	char left_ms[LEASE_TEXT_SIZE];

	int result = read_type(c, s, FAMILY_LEASE, uuid, out, LEASE_TEXT_SIZE);
	if (result == 0 && strcmp(out, "string") == 0) {
		result = ask_lease(c, s, "PTTL", uuid, left_ms);
		result = result == 0 ? ask_lease(c, s, "GET", uuid, out) : -1;
		if (result == 0 && strcmp(left_ms, "-1") != 0)
			return 0;
		// A lease without expiry is not of a collector. A wait for its end would be endless.
	}
	out[0] = '\0';
	return result;
}

int lease_is_foreign(struct redis_conn *c, const struct redis_settings *s, const char *uuid, bool *foreign, char *why,
	size_t why_size)
{
	char type[LEASE_TEXT_SIZE];

	if (read_type(c, s, FAMILY_OWNER, uuid, type, sizeof(type)) != 0)
		return -1;
	*foreign = strcmp(type, "hash") != 0 && strcmp(type, "none") != 0;
	snprintf(why, why_size,
		"key %sowner:{%s}: found a %.20s, expected a hash with the owner of the spool; writing has stopped; find out who "
		"wrote it, then run `lookback spool take`",
		s->prefix, uuid, type);
	return 0;
}

const char *lease_read(const char *text, uint64_t *nonce, uint64_t *applied)
{
	char *end;

	*nonce = strtoull(text, &end, 10);
	*applied = strtoull(end, &end, 10);
	return *end == ' ' ? end + 1 : "a collector that has ended";
}

// renewal ──────────────────────────────────────────────────────────────────────────────────────

int lease_expect(const struct lease *l, struct redis_conn *c)
{
	struct redis_results one = {.capacity = 0};

	if (redis_conn_read(c, &one) != 0)
		return -1;
	if (!l || (one.top.type == REDIS_REPLY_STRING && (uint64_t)one.top.integer == l->nonce))
		return 0;
	if (one.top.type == REDIS_REPLY_ERROR)
		return redis_conn_fail(c, one.trouble, "%s: %.200s", redis_trouble_sentence[one.trouble], one.error);
	return redis_conn_fail(c, REDIS_TROUBLE_FENCED,
		"another collector took over this spool's UUID; reading the owner again");
}

int lease_keep(struct lease *l, struct redis_conn *c, const struct redis_settings *s, const char *uuid)
{
	struct redis_buffer b = {0};
	char text[LEASE_TEXT_SIZE];

	if (!lease_is_due(l))
		return 0;
	lease_watch(&b, s, uuid);
	int result = lease_send(c, &b, text, sizeof(text));
	lease_ask(&b, s, uuid);
	result = result == 0 ? lease_send(c, &b, text, sizeof(text)) : -1;
	redis_buffer_clear(&b);
	if (result == 0 && strtoull(text, NULL, 10) != l->nonce)
		result = redis_conn_fail(c, REDIS_TROUBLE_FENCED,
			"another collector took over this spool's UUID; reading the owner again");
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "MULTI");
	lease_write(l, &b, s, uuid);
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "EXEC");
	for (int i = 0; result == 0 && i < 3; i++)
		result = lease_send(c, &b, text, sizeof(text));
	redis_buffer_free(&b);
	return result == 0 && strcmp(text, "done") != 0
		       ? redis_conn_fail(c, REDIS_TROUBLE_FENCED,
				 "another collector took over this spool's UUID; reading the owner again")
		       : result;
}

// Follows MOVED from one server to the node that has the key of the owner. Returns 0; 1 (closed): try another server; or -1 (closed).
static int open_from(struct redis_conn *c, struct redis_settings *here, const char *uuid)
{
	enum { HOPS_MAX = 4 };

	for (int hop = 0; hop < HOPS_MAX; hop++) {
		struct redis_buffer b = {0};
		if (redis_conn_open(c, here) != 0)
			return hop == 0 ? 1 : -1;
		lease_watch(&b, here, uuid);
		redisReply *reply = redis_conn_ask(c, &b);
		redis_buffer_free(&b);
		if (!reply)
			return -1;
		char *error = reply->type == REDIS_REPLY_ERROR ? reply->str : NULL;
		char *host = error && strncmp(error, "MOVED ", 6) == 0 ? strchr(error + 6, ' ') : NULL;
		char *colon = host ? strrchr(host, ':') : NULL;
		if (colon) {
			here->address =
				(struct endpoint){.kind = ENDPOINT_TCP, .port = (uint16_t)strtoul(colon + 1, NULL, 10)};
			*colon = '\0';
			snprintf(here->address.host, sizeof(here->address.host), "%s", host[1] ? host + 1 : c->at.host);
			snprintf(here->address.text, sizeof(here->address.text), "%.250s:%u", here->address.host,
				here->address.port);
			redis_conn_close(c);
		} else if (error && redis_trouble_of(error, reply->len) == REDIS_TROUBLE_CLUSTER) {
			redis_conn_fail(c, REDIS_TROUBLE_CLUSTER, "%s: %.200s",
				redis_trouble_sentence[REDIS_TROUBLE_CLUSTER], error);
		}
		freeReplyObject(reply);
		if (!colon)
			return c->link ? 0 : 1;
	}
	return redis_conn_fail(c, REDIS_TROUBLE_CLUSTER,
		"the nodes of the cluster do not agree on who holds the key of the spool's owner");
}

int lease_open(struct redis_conn *c, const struct redis_settings *s, const char *uuid)
{
	size_t len = s->others.len + 1, first = c->preferred;
	int result = 1;

	for (size_t i = 0; i < len && result > 0; i++) {
		size_t index = (first + i) % len;
		struct redis_settings here = *s;
		here.others.len = 0;
		if (index > 0)
			here.address = s->others.at[index - 1];
		result = open_from(c, &here, uuid);
		c->preferred = (index + (result < 0)) % len; // after a failure start with another server the next time
	}
	return result == 0 ? 0 : -1;
}

int lease_leave(struct lease *l, struct redis_conn *c, const struct redis_settings *s, const char *uuid, bool forget)
{
	struct redis_buffer b = {0};
	char text[LEASE_TEXT_SIZE];

	// renews first: this fails if the lease belongs to another collector by now; ours stays valid until DEL
	l->renewed_ms = 0;
	int result = lease_keep(l, c, s, uuid);
	redis_encode_array(&b, forget ? 3 : 2);
	redis_encode_literal(&b, "DEL");
	put_key(&b, s, FAMILY_LEASE, uuid);
	if (forget)
		lease_key(&b, s, uuid);
	result = result == 0 ? lease_send(c, &b, text, sizeof(text)) : -1;
	redis_buffer_free(&b);
	return result;
}

int lease_void(struct redis_conn *c, const struct redis_settings *s, const char *uuid, char *who, size_t who_size)
{
	struct redis_buffer b = {0};
	char text[LEASE_TEXT_SIZE], aside[KEY_SIZE + 32];
	uint64_t nonce, applied;
	bool foreign;

	if (lease_holder(c, s, uuid, text) != 0 || lease_is_foreign(c, s, uuid, &foreign, aside, sizeof(aside)) != 0)
		return -1;
	snprintf(who, who_size, "%s", text[0] ? lease_read(text, &nonce, &applied) : "");
	if (text[0])
		return 0;
	redis_encode_array(&b, foreign ? 3 : 2);
	redis_encode_text(&b, foreign ? "RENAME" : "DEL");
	lease_key(&b, s, uuid);
	snprintf(aside, sizeof(aside), FAMILY_OWNER "{%s}:foreign-%lu", uuid, (unsigned long)time(NULL));
	if (foreign)
		redis_encode_bulk2(&b, s->prefix, strlen(s->prefix), aside, strlen(aside));
	int result = lease_send(c, &b, text, sizeof(text));
	redis_buffer_free(&b);
	return result;
}
