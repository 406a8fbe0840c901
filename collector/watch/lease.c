// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/lease.h"

#include "collector/redis/families.h"
#include "collector/watch/page.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>

enum { LEASE_MS = 15000, RENEW_MS = 4000 };

void watch_lease_init(struct watch_lease *l, const char *id)
{
	*l = (struct watch_lease){.look_at_ms = 0};
	snprintf(l->id, sizeof(l->id), "%s", id);
}

static void put(struct reader *r, const char *command, unsigned arguments)
{
	char tag[WATCH_KEY_SIZE];
	size_t len = watch_tag(r, tag);

	reader_begin(r);
	reader_command(r, arguments, command, FAMILY_WATCH_LEASE, tag, len);
}

int watch_lease_keep(struct watch_lease *l, struct reader *r)
{
	if (monotonic_ms() < l->look_at_ms)
		return l->mine;
	put(r, "GET", 2);
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	if (!reply)
		return -1;
	bool had = l->mine, none = reply->type == REDIS_REPLY_NIL;
	l->mine = reply->type == REDIS_REPLY_STRING && strcmp(reply->str, l->id) == 0;
	if (had && !l->mine && !none)
		log_info("watch: collector %.200s watches now", reply->str);
	freeReplyObject(reply);
	if (none || l->mine) {
		put(r, "SET", none ? 6 : 5);
		redis_encode_text(&r->out, l->id);
		redis_encode_literal(&r->out, "PX");
		redis_encode_uint(&r->out, LEASE_MS);
		if (none)
			redis_encode_literal(&r->out, "NX");
		reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
		if (!reply)
			return -1;
		l->mine = reply->type == REDIS_REPLY_STATUS;
		freeReplyObject(reply);
	}
	l->look_at_ms = monotonic_ms() + RENEW_MS;
	return l->mine;
}

void watch_lease_leave(struct watch_lease *l, struct reader *r)
{
	if (!l->mine)
		return;
	put(r, "DEL", 2);
	if (reader_send(r) == 0)
		reader_drain(r);
}
