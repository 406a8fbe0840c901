// SPDX-License-Identifier: BSD-3-Clause
#include "collector/number/guard.h"

#include "collector/number/lease.h"
#include "collector/redis/families.h"

#include <stdio.h>

enum { SCAN_COUNT = 10000 };

const char *const guard_label[] = {[GUARD_SOUND] = "sound",
	[GUARD_NEW] = "new",
	[GUARD_MISSING] = "missing",
	[GUARD_DIFFERS] = "differs",
	[GUARD_FOREIGN] = "foreign",
	[GUARD_BEYOND] = "beyond"};

bool guard_take(const struct redis_result *reply, enum guard_kind *kind, uint64_t *number)
{
	*number = 0;
	*kind = GUARD_OTHER;
	if (reply->type == REDIS_REPLY_ERROR)
		return reply->trouble == REDIS_TROUBLE_WRONGTYPE;
	if (reply->type == REDIS_REPLY_NIL) {
		*kind = GUARD_NONE;
	} else if (reply->type == REDIS_REPLY_STRING && reply->decimal) {
		*kind = GUARD_NUMBER;
		*number = (uint64_t)reply->integer;
	}
	return true;
}

enum guard_state guard_judge(const struct guard *g, uint64_t applied, uint64_t sent, uint64_t *number)
{
	*number = g->seq_number;
	if (g->seq == GUARD_OTHER || g->fence == GUARD_OTHER)
		return GUARD_FOREIGN;
	if (g->seq == GUARD_NONE && g->fence == GUARD_NUMBER)
		return GUARD_MISSING;
	if (g->seq == GUARD_NONE && applied == 0)
		return GUARD_SOUND;
	if (g->seq == GUARD_NONE)
		return g->keys ? GUARD_MISSING : GUARD_NEW;
	if (g->fence == GUARD_NUMBER ? g->fence_number != g->seq_number : g->seq_number != applied)
		return GUARD_DIFFERS;
	return g->seq_number > sent ? GUARD_BEYOND : GUARD_SOUND;
}

static bool is_within(enum guard_kind kind, uint64_t number, uint64_t from, uint64_t to)
{
	return kind == GUARD_NUMBER && number >= from && number <= to;
}

bool guard_guess(const struct guard *g, uint64_t applied, uint64_t sent, bool exact, uint64_t *number)
{
	bool fence = is_within(g->fence, g->fence_number, applied, sent),
	     seq = is_within(g->seq, g->seq_number, applied, sent);

	*number = applied;
	if (exact && ((fence && g->fence_number == applied) || (seq && g->seq_number == applied)))
		return true;
	if (fence || seq)
		*number = fence ? g->fence_number : g->seq_number;
	return fence || seq || (g->fence != GUARD_NUMBER && g->seq != GUARD_NUMBER);
}

void guard_tell(char *out, size_t out_size, enum guard_state state, const struct guard *g, const char *prefix,
	const char *uuid, uint64_t applied, uint64_t sent)
{
	static const char decide[] =
		"writing has stopped; look at `lookback spool status`, then decide by `lookback spool "
		"adopt` or `reset`";

	switch (state) {
	case GUARD_MISSING:
		snprintf(out, out_size,
			"its number of spool %s is gone from %sseq, though it had applied batches up to %lu; %s", uuid,
			prefix, (unsigned long)(g->fence == GUARD_NUMBER ? g->fence_number : applied), decide);
		break;
	case GUARD_DIFFERS:
		if (g->fence == GUARD_NONE) {
			snprintf(out, out_size,
				"%sseq: found number %lu for spool %s, expected %lu, the last batch that it had applied, and "
				"%sfence:%s, which would tell, is gone; %s",
				prefix, (unsigned long)g->seq_number, uuid, (unsigned long)applied, prefix, uuid,
				decide);
			break;
		}
		snprintf(out, out_size,
			"%sseq: found number %lu for spool %s, expected %lu, which %sfence:%s holds; %s", prefix,
			(unsigned long)g->seq_number, uuid, (unsigned long)g->fence_number, prefix, uuid, decide);
		break;
	case GUARD_FOREIGN:
		snprintf(out, out_size, "its key %s%s%s holds something else than the number of a batch; %s", prefix,
			g->seq == GUARD_OTHER ? FAMILY_SEQ : FAMILY_FENCE, g->seq == GUARD_OTHER ? "" : uuid, decide);
		break;
	case GUARD_BEYOND:
		snprintf(out, out_size,
			"%sseq: found number %lu for spool %s, which has sent %lu at most: another collector uses a copy of this "
			"spool, or someone wrote it; %s",
			prefix, (unsigned long)g->seq_number, uuid, (unsigned long)sent, decide);
		break;
	default:
		snprintf(out, out_size, "well");
	}
}

// One SCAN. Returns 0 with the next cursor and whether a key was found, or -1 (closed).
static int scan(struct redis_conn *c, const char *pattern, size_t prefix_len, char *cursor, size_t cursor_size,
	bool *found)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 6);
	redis_encode_literal(&b, "SCAN");
	redis_encode_text(&b, cursor);
	redis_encode_literal(&b, "MATCH");
	redis_encode_text(&b, pattern);
	redis_encode_literal(&b, "COUNT");
	redis_encode_uint(&b, SCAN_COUNT);
	redisReply *reply = redis_conn_ask(c, &b);
	redis_buffer_free(&b);
	if (!reply)
		return -1;
	bool sound = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->str;
	if (sound) {
		snprintf(cursor, cursor_size, "%s", reply->element[0]->str);
		for (size_t i = 0; i < reply->element[1]->elements; i++)
			*found |= !lease_is_key(reply->element[1]->element[i]->str + prefix_len);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		enum redis_trouble trouble = redis_trouble_of(reply->str, reply->len);
		redis_conn_fail(c, trouble, "%s: %.200s", redis_trouble_sentence[trouble], reply->str);
	} else {
		redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "an unexpected answer to SCAN");
	}
	freeReplyObject(reply);
	return sound ? 0 : -1;
}

int guard_look_for_keys(struct redis_conn *c, const struct redis_settings *s, bool *found)
{
	char pattern[2 * sizeof(s->prefix) + 2], cursor[24] = "0";
	size_t n = 0;

	for (const char *p = s->prefix; *p; p++) { // escapes the characters of a pattern
		if (strchr("*?[]\\", *p))
			pattern[n++] = '\\';
		pattern[n++] = *p;
	}
	pattern[n++] = '*';
	pattern[n] = '\0';
	*found = false;
	do {
		if (scan(c, pattern, strlen(s->prefix), cursor, sizeof(cursor), found) != 0)
			return -1;
	} while (!*found && strcmp(cursor, "0") != 0);
	return 0;
}
