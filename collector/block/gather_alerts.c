// SPDX-License-Identifier: BSD-3-Clause
// Alerts of watch rules (FAMILY_ALERT) to entries: the new name, or what an own name points to.
#include "collector/block/doubt.h"
#include "collector/block/gather.h"

#include "collector/query/db.h"
#include "collector/redis/families.h"
#include "collector/text/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000, ID_SIZE = 64 };

static const char *field_of(const redisReply *fields, const char *name)
{
	const redisReply *field = reader_field(fields, name);

	return field && field->str ? field->str : "";
}

// True if a list ",a,b," is empty or has the word.
static bool has(const char *list, const char *word)
{
	size_t len = strlen(word);

	if (!*list)
		return true;
	for (const char *at = list; (at = strstr(at, word)) != NULL; at++)
		if (len > 0 && at > list && at[-1] == ',' && at[len] == ',')
			return true;
	return false;
}

// What the record points to: an address, a name server, another name. `doubted`: the record of this own name is not expected.
static void add_rdata(struct block_set *s, const struct block_origin *o, const char *type, const char *rdata,
	const char *doubted)
{
	char name[TEXT_NAME_SIZE];
	const char *target;
	size_t len;

	if (strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0) {
		block_gather_address(s, o, BLOCK_ADDRESS, rdata);
		if (doubted)
			block_doubt_add(s, doubted, type, rdata, rdata);
		return;
	}
	len = text_target(type, strlen(type), rdata, strlen(rdata), &target);
	if (len == 0 || len >= sizeof(name))
		return; // TXT, CAA, DS and others point to nothing that can be blocked
	snprintf(name, sizeof(name), "%.*s", (int)len, target);
	block_indicator_add_name(s, o, strcmp(type, "NS") == 0 ? BLOCK_SERVER_NAME : BLOCK_NAME, false, name);
	if (doubted)
		block_doubt_add(s, doubted, type, rdata, name);
}

static void add_alert(struct block_set *s, const struct block_origin *o, const struct block_source *source,
	const char *id, const redisReply *fields)
{
	struct block_origin mine = *o;
	const char *rule = field_of(fields, "rule"), *kind = field_of(fields, "kind"), *name = field_of(fields, "name");
	bool own = strcmp(kind, "tamper") == 0 || strcmp(kind, "moved") == 0 ||
		   strcmp(kind, "changed") == 0; // the name is the watched one
	char reason[BLOCK_REASON_LEN + 1];

	if (!has(source->rules, rule) || !has(source->kinds, kind) || !*name)
		return;
	mine.since = strtoll(id, NULL, 10) / 1000;
	mine.until = block_gather_end(o->list, mine.since);
	snprintf(reason, sizeof(reason), "alert of rule %.60s (%.10s)", rule, kind);
	mine.reason = reason;
	if (source->names || (!source->targets && !own))
		block_indicator_add_name(s, &mine, BLOCK_NAME, strncmp(name, "*.", 2) == 0,
			strncmp(name, "*.", 2) == 0 ? name + 2 : name);
	if (source->targets || (!source->names && own))
		add_rdata(s, &mine, field_of(fields, "type"), field_of(fields, "rdata"),
			strcmp(kind, "tamper") == 0 ? name : NULL);
}

int block_gather_alerts(struct block_set *s, const struct block_make *m, const struct block_origin *o,
	const struct block_source *source, char *why, size_t why_size)
{
	struct reader *r = &m->db->reader;
	char from[ID_SIZE];
	int64_t since = source->since_s > 0 ? m->now - (int64_t)source->since_s : 0;

	if (o->list->expire_s > 0 && since < m->now - (int64_t)o->list->expire_s)
		since = m->now - (int64_t)o->list->expire_s + 1; // older ones have expired
	snprintf(from, sizeof(from), "%" PRId64, since > 0 ? since * 1000 : 0);
	for (size_t n = PAGE; n == PAGE;) {
		reader_begin(r);
		reader_command(r, 6, "XRANGE", FAMILY_ALERT, "", 0);
		redis_encode_text(&r->out, from);
		redis_encode_literal(&r->out, "+");
		redis_encode_literal(&r->out, "COUNT");
		redis_encode_uint(&r->out, PAGE);
		redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
		if (!reply) {
			snprintf(why, why_size, "redis: %.300s", r->why);
			return -1;
		}
		n = reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
		for (size_t i = 0; i < n; i++)
			if (reply->element[i]->type == REDIS_REPLY_ARRAY && reply->element[i]->elements == 2)
				add_alert(s, o, source, reply->element[i]->element[0]->str,
					reply->element[i]->element[1]);
		if (n > 0 && reply->element[n - 1]->type == REDIS_REPLY_ARRAY)
			snprintf(from, sizeof(from), "(%.60s", reply->element[n - 1]->element[0]->str);
		freeReplyObject(reply);
		if (m->stop && m->stop(m->stop_arg)) {
			snprintf(why, why_size, "stopped");
			return -1;
		}
	}
	return 0;
}
