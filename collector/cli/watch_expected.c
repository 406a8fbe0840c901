// SPDX-License-Identifier: BSD-3-Clause
// watch approve, revoke, expected: which records a tamper watch expects.
#include "collector/cli/watch.h"

#include "collector/schema/keys.h"
#include "collector/watch/case.h"

#include <stdio.h>
#include <stdlib.h>

const char *const lookback_expected_words[3] = {"approve", "revoke", "expected"};

enum { MEMBER_SIZE = 2 * TEXT_NAME_SIZE + 65536 };

// "<owner> <TYPE> <rdata>" in `out`; its length, 0 if the tamper watch does not look at such records or it is too long.
static size_t write_member(const struct watch_record *r, char out[static MEMBER_SIZE])
{
	int len = snprintf(out, MEMBER_SIZE, "%.*s %.*s %.*s", (int)r->name_len, r->name, (int)r->type_len, r->type,
		(int)r->rdata_len, r->rdata);

	return watch_is_guarded(r) && len < MEMBER_SIZE ? (size_t)len : 0;
}

// Ends the learning of the rules that watch the record: from now on others are alerts.
static int end_learning(struct lookback *l, const struct watch_set *set, const struct watch_record *r)
{
	struct watch_matcher *m = watch_matcher_new(set);
	const uint32_t *rules;
	size_t len = m ? watch_match(m, r, 1u << WATCH_NEWS_TAMPER, &rules) : 0;
	int result = 0;

	reader_begin(&l->db.reader);
	for (size_t i = 0; i < len; i++) {
		reader_command(&l->db.reader, 4, "HSET", FAMILY_WATCH_LEARN, "", 0);
		redis_encode_text(&l->db.reader.out, watch_set_rule(set, rules[i])->name);
		redis_encode_literal(&l->db.reader.out, "0");
	}
	if (len > 0 && (reader_send(&l->db.reader) != 0 || reader_drain(&l->db.reader) != 0))
		result = lookback_fail("%s", l->db.reader.why);
	watch_matcher_free(m);
	return result;
}

// Adds or removes one record, and prints it. 1, 0 if the tamper watch does not look at it or nothing changes, or -1.
static int change(struct lookback *l, enum lookback_expected_what what, const struct watch_record *r)
{
	char member[MEMBER_SIZE], zone[TEXT_NAME_SIZE];
	size_t len = write_member(r, member), zone_len = watch_registered(l->zones, r->name, r->name_len, zone);

	if (len == 0 || zone_len == 0)
		return 0;
	if (!l->dry) {
		reader_begin(&l->db.reader);
		reader_command(&l->db.reader, what == EXPECTED_APPROVE ? 4 : 3,
			what == EXPECTED_APPROVE ? "ZADD" : "ZREM", FAMILY_WATCH_EXPECTED, zone, zone_len);
		if (what == EXPECTED_APPROVE)
			redis_encode_literal(&l->db.reader.out, "0");
		redis_encode_bulk(&l->db.reader.out, member, len);
		redisReply *reply = lookback_ask(l);
		if (!reply)
			return -1;
		bool changed = reply->integer > 0;
		freeReplyObject(reply);
		if (!changed)
			return 0;
	}
	if (!l->quiet)
		printf("%s\n", member);
	return 1;
}

// The expected records of a name and of all below it: prints or removes them.
static int walk_expected(struct lookback *l, enum lookback_expected_what what, const struct query *q)
{
	char zone[TEXT_NAME_SIZE];
	size_t len = watch_registered(l->zones, q->name, q->name_len, zone);
	int found = 0;

	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 4, "ZRANGE", FAMILY_WATCH_EXPECTED, zone, len);
	redis_encode_literal(&l->db.reader.out, "0");
	redis_encode_literal(&l->db.reader.out, "-1");
	redisReply *reply = lookback_ask(l);
	if (!reply)
		return -1;
	for (size_t i = 0; i < reply->elements && found >= 0; i++) {
		const char *member = reply->element[i]->str, *type = strchr(member, ' '),
			   *rdata = type ? strchr(type + 1, ' ') : NULL;
		if (!rdata || !query_is_below(q, member, (size_t)(type - member)))
			continue;
		const struct watch_record r = {.name = member,
			.name_len = (size_t)(type - member),
			.type = type + 1,
			.type_len = (size_t)(rdata - type - 1),
			.rdata = rdata + 1,
			.rdata_len = strlen(rdata + 1)};
		int one = 1;
		if (what == EXPECTED_PRINT)
			printf("%s\n", member);
		else
			one = change(l, what, &r);
		found = one < 0 ? -1 : found + one;
	}
	freeReplyObject(reply);
	return found;
}

// Approves all records that Redis holds of a name and of all below it.
static int approve_all(struct lookback *l, const struct query *q)
{
	struct query_run *run = query_start(q, &l->db);
	struct query_record record;
	enum query_step step = QUERY_BUSY;
	int found = 0;

	while (run && found >= 0 && ((step = query_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY)) {
		if (step == QUERY_BUSY)
			continue;
		const struct watch_record r = {.name = record.owner,
			.name_len = record.owner_len,
			.type = record.type,
			.type_len = record.type_len,
			.rdata = record.rdata,
			.rdata_len = record.rdata_len};
		int one = change(l, EXPECTED_APPROVE, &r);
		found = one < 0 ? -1 : found + one;
	}
	if (!run || step == QUERY_FAILED) {
		lookback_fail("%s", run ? query_why(run) : "out of memory");
		found = -1;
	}
	query_stop(run);
	return found;
}

// One record, as it is given: NAME TYPE RDATA.
static int change_one(struct lookback *l, enum lookback_expected_what what, const struct query *q)
{
	const struct watch_record r = {.name = q->name,
		.name_len = q->name_len,
		.type = l->argv[2],
		.type_len = strlen(l->argv[2]),
		.rdata = l->argv[3],
		.rdata_len = strlen(l->argv[3])};

	for (char *c = l->argv[2]; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
	if (!watch_is_guarded(&r)) {
		lookback_fail(
			"%s: found a record that no tamper watch looks at, expected NS, A, AAAA, MX, CNAME, CAA, DS, or TXT "
			"with an SPF policy",
			l->argv[2]);
		return -1;
	}
	return change(l, what, &r);
}

int lookback_expected(struct lookback *l, enum lookback_expected_what what)
{
	struct query q = query_make(QUERY_SUBTREE);
	struct watch_set *set = lookback_read_rules(l);
	char why[512];
	int found;

	if (!set)
		return LOOKBACK_FAILED;
	if (query_parse_name(&q, l->argv[1], why, sizeof(why)) != 0 || q.kind == QUERY_STEM) {
		watch_set_free(set);
		return lookback_fail("'%s': expected a domain name", l->argv[1]);
	}
	q.kind = QUERY_SUBTREE;
	if (l->argc == 4)
		found = change_one(l, what, &q);
	else
		found = what == EXPECTED_APPROVE ? approve_all(l, &q) : walk_expected(l, what, &q);
	const struct watch_record any =
		{.name = q.name, .name_len = q.name_len, .type = "NS", .type_len = 2, .rdata = "", .rdata_len = 0};
	if (found >= 0 && what == EXPECTED_APPROVE && !l->dry && end_learning(l, set, &any) != 0)
		found = -1;
	watch_set_free(set);
	return found < 0 ? LOOKBACK_FAILED : found > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
