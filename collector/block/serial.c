// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/serial.h"

#include "collector/redis/families.h"
#include "collector/reader/reader.h"

#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hash(struct sha256_ctx *context, const void *bytes, size_t size)
{
	sha256_update(context, size, bytes);
}

void block_serial_digest(const struct block_list *l, const struct block_set *s, char out[static BLOCK_DIGEST_SIZE])
{
	struct sha256_ctx context;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char head[700];

	sha256_init(&context);
	snprintf(head, sizeof(head), "%d %s %s %s %llu %s", l->policy.action, l->policy.name, l->policy.ipv4,
		l->policy.ipv6, (unsigned long long)l->ttl, l->zone);
	hash(&context, head, strlen(head) + 1);
	for (size_t i = 0; i < s->len; i++) {
		const struct block_entry *e = &s->at[i];
		const uint8_t fixed[4] = {(uint8_t)e->kind, e->below, e->size, e->bits};
		hash(&context, fixed, sizeof(fixed));
		hash(&context, e->address, e->size);
		if (e->key)
			hash(&context, e->key, strlen(e->key) + 1);
	}
	sha256_digest(&context, sizeof(digest), digest);
	for (int i = 0; i < SHA256_DIGEST_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool block_serial_after(uint32_t a, uint32_t b)
{
	return a != b && a - b < 0x80000000u;
}

uint32_t block_serial_step(bool known, uint32_t previous, int64_t now)
{
	uint32_t step = (uint32_t)now - previous;

	if (!known)
		return step;
	return step != 0 && step < 0x80000000u ? step : 1; // the clock is not after it
}

// Redis ──────────────────────────────────────────────────────────────────────────────────────

// The hash: "serial", a number whose low 32 bits are the serial; "state", "SERIAL DIGEST CHANGED" of the last change. If two
// processes change it at once, one state does not fit the serial, and the next process takes a new serial.
struct state {
	bool known;
	int64_t serial;
	int64_t of;
	char digest[BLOCK_DIGEST_SIZE];
	int64_t changed;
};

static int fail(const struct reader *r, char *why, size_t why_size)
{
	snprintf(why, why_size, "redis: %.300s", r->why);
	return -1;
}

static int read_state(struct state *s, struct reader *r, const char *list, char *why, size_t why_size)
{
	*s = (struct state){.known = false};
	reader_begin(r);
	reader_command(r, 4, "HMGET", FAMILY_BLOCK, list, strlen(list));
	redis_encode_literal(&r->out, "serial");
	redis_encode_literal(&r->out, "state");
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	if (!reply)
		return fail(r, why, why_size);
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->type == REDIS_REPLY_STRING) {
		s->known = true;
		s->serial = strtoll(reply->element[0]->str, NULL, 10);
		if (reply->element[1]->type == REDIS_REPLY_STRING &&
			sscanf(reply->element[1]->str, "%" SCNd64 " %64s %" SCNd64, &s->of, s->digest, &s->changed) !=
				3)
			s->digest[0] = '\0';
	}
	freeReplyObject(reply);
	return 0;
}

// Sends the command of r->out, which changes Redis. Its reply, or NULL with one line in `why`.
static redisReply *change(struct reader *r, char *why, size_t why_size)
{
	r->writes = true;
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	r->writes = false;
	if (!reply)
		fail(r, why, why_size);
	return reply;
}

static int add_steps(struct reader *r, const char *list, uint32_t step, int64_t *serial, char *why, size_t why_size)
{
	reader_begin(r);
	reader_command(r, 4, "HINCRBY", FAMILY_BLOCK, list, strlen(list));
	redis_encode_literal(&r->out, "serial");
	redis_encode_uint(&r->out, step);
	redisReply *reply = change(r, why, why_size);
	if (!reply)
		return -1;
	*serial = reader_number(reply);
	freeReplyObject(reply);
	return 0;
}

static int write_state(struct reader *r, const char *list, const char *text, char *why, size_t why_size)
{
	reader_begin(r);
	reader_command(r, 4, "HSET", FAMILY_BLOCK, list, strlen(list));
	redis_encode_literal(&r->out, "state");
	redis_encode_text(&r->out, text);
	redisReply *reply = change(r, why, why_size);
	if (!reply)
		return -1;
	freeReplyObject(reply);
	return 0;
}

int block_serial_get(struct block_serial *out, struct reader *r, const char *list, const char *digest,
	const uint32_t *more_than, int64_t now, char *why, size_t why_size)
{
	struct state s;
	char text[BLOCK_DIGEST_SIZE + 60];

	if (read_state(&s, r, list, why, why_size) != 0)
		return -1;
	bool same = s.known && s.of == s.serial && strcmp(s.digest, digest) == 0;
	if (same && (!more_than || !block_serial_after(*more_than, (uint32_t)s.serial))) {
		*out = (struct block_serial){.serial = (uint32_t)s.serial, .changed = s.changed};
		return 0;
	}
	if (add_steps(r, list, block_serial_step(s.known, (uint32_t)s.serial, now), &s.serial, why, why_size) != 0)
		return -1;
	if (more_than && !block_serial_after((uint32_t)s.serial, *more_than) && // Redis is new, or an older copy
		add_steps(r, list, *more_than + 1 - (uint32_t)s.serial, &s.serial, why, why_size) != 0)
		return -1;
	snprintf(text, sizeof(text), "%" PRId64 " %s %" PRId64, s.serial, digest, now);
	if (write_state(r, list, text, why, why_size) != 0)
		return -1;
	*out = (struct block_serial){.serial = (uint32_t)s.serial, .changed = now};
	return 0;
}
