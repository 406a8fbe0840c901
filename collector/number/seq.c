// SPDX-License-Identifier: BSD-3-Clause
#include "collector/number/seq.h"

#include "collector/number/lease.h"
#include "collector/redis/transaction.h"
#include "collector/redis/families.h"
#include "dataplane/common/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FENCE_S = 366 * 86400 }; // a fence expires if its spool is not used any more

static void put_key(struct redis_buffer *out, const struct redis_settings *s, const char *family, const char *tail)
{
	redis_encode_key(out, s->prefix, family, tail, strlen(tail));
}

void seq_put_watch(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, bool shared)
{
	redis_encode_array(out, shared ? 3 : 4);
	redis_encode_literal(out, "WATCH");
	put_key(out, s, FAMILY_FENCE, uuid);
	lease_key(out, s, uuid);
	if (!shared)
		put_key(out, s, FAMILY_SEQ, "");
}

void seq_put_ask(struct redis_buffer *out, const struct redis_settings *s, const char *uuid)
{
	redis_encode_array(out, 3);
	redis_encode_literal(out, "HGET");
	put_key(out, s, FAMILY_SEQ, "");
	redis_encode_text(out, uuid);
}

void seq_put_number(struct redis_buffer *out, const struct redis_settings *s, const char *uuid, uint64_t number)
{
	redis_encode_array(out, 4);
	redis_encode_literal(out, "HSET");
	put_key(out, s, FAMILY_SEQ, "");
	redis_encode_text(out, uuid);
	redis_encode_uint(out, number);
	redis_encode_array(out, 5);
	redis_encode_literal(out, "SET");
	put_key(out, s, FAMILY_FENCE, uuid);
	redis_encode_uint(out, number);
	redis_encode_literal(out, "EX");
	redis_encode_uint(out, FENCE_S);
}

// Reads a reply into `kind` and `number`.
static int read_number(struct redis_conn *c, enum guard_kind *kind, uint64_t *number)
{
	struct redis_results results = {.capacity = 0};

	if (redis_conn_read(c, &results) != 0)
		return -1;
	if (!guard_take(&results.top, kind, number))
		return redis_conn_fail(c, results.trouble, "%s: %.200s", redis_trouble_sentence[results.trouble],
			results.error);
	return 0;
}

int seq_look_up(struct redis_conn *c, const char *uuid, const struct redis_settings *s, struct guard *found)
{
	struct redis_buffer b = {0};
	struct redis_results persist = {.capacity = 0};

	*found = (struct guard){.keys = false};
	seq_put_watch(&b, s, uuid, true);
	seq_put_ask(&b, s, uuid);
	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "GET");
	put_key(&b, s, FAMILY_FENCE, uuid);
	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "PERSIST");
	put_key(&b, s, FAMILY_SEQ, "");
	int result = redis_transaction_send(c, &b);
	redis_buffer_free(&b);
	if (result != 0 || redis_transaction_ok(c) != 0 || read_number(c, &found->seq, &found->seq_number) != 0 ||
		read_number(c, &found->fence, &found->fence_number) != 0 || redis_conn_read(c, &persist) != 0)
		return -1;
	if (persist.top.type == REDIS_REPLY_INTEGER && persist.top.integer == 1)
		log_warning("redis: key %sseq: found an expiry, expected none; it was taken off", s->prefix);
	return found->seq == GUARD_NONE && found->fence == GUARD_NONE ? guard_look_for_keys(c, s, &found->keys) : 0;
}

int seq_claim(struct redis_conn *c, const char *uuid, const struct redis_settings *s, uint64_t number, bool foreign)
{
	struct redis_result at[3];
	struct redis_results results = {.at = at, .capacity = 3};
	struct redis_buffer b = {0};
	char aside[32];

	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "MULTI");
	if (foreign) {
		snprintf(aside, sizeof(aside), "foreign-%lu", (unsigned long)time(NULL));
		redis_encode_array(&b, 3);
		redis_encode_literal(&b, "RENAME");
		put_key(&b, s, FAMILY_SEQ, "");
		put_key(&b, s, FAMILY_SEQ ":", aside);
	}
	seq_put_number(&b, s, uuid, number);
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "EXEC");
	int result = redis_transaction_send(c, &b);
	redis_buffer_free(&b);
	if (result == 0)
		result = redis_transaction_ok(c) != 0 || redis_transaction_read(c, &results, 0, foreign ? 3 : 2) != 0
				 ? -1
				 : 0;
	redis_texts_free(&results.texts);
	if (result == 0 && results.errors > 0)
		return redis_conn_fail(c, results.trouble, "%s: %.200s", redis_trouble_sentence[results.trouble],
			results.error);
	return result;
}

int seq_forget(struct redis_conn *c, const char *uuid, const struct redis_settings *s)
{
	struct redis_buffer b = {0};
	struct redis_results results = {.capacity = 0};

	redis_encode_array(&b, 3);
	redis_encode_literal(&b, "HDEL");
	put_key(&b, s, FAMILY_SEQ, "");
	redis_encode_text(&b, uuid);
	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "DEL");
	put_key(&b, s, FAMILY_FENCE, uuid);
	int result = redis_transaction_send(c, &b);
	redis_buffer_free(&b);
	// an error reply leaves two small entries behind, no more
	return result == 0 && redis_conn_read(c, &results) == 0 && redis_conn_read(c, &results) == 0 ? 0 : -1;
}
