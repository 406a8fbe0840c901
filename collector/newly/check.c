// SPDX-License-Identifier: BSD-3-Clause
// What Redis knows about the entries of a page. Each question reads one member, however large the set is; one pipeline for
// each kind of question.
#include "collector/newly/run.h"
#include "collector/newly/suffixes.h"
#include "collector/redis/families.h"
#include "dataplane/common/fnv.h"

#include <stdio.h>
#include <stdlib.h>

// The registered domain is the end of the owner's text.
static bool find_domain(struct newly_run *run, struct newly_entry *e)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	char domain[TEXT_NAME_SIZE];
	size_t size = query_name_wire(e->owner->str, e->owner->len, wire);

	if (size == 0)
		return false;
	size_t at = zone_find(run->db->zones, wire, size);
	e->domain_len = text_name(wire + at, size - at, domain);
	if (e->domain_len == 0 || e->domain_len > e->owner->len)
		return false;
	e->domain = e->owner->str + e->owner->len - e->domain_len;
	return memcmp(e->domain, domain, e->domain_len) == 0; // else it is not in canonical form
}

static bool is_asked_for(struct newly_run *run, struct newly_entry *e)
{
	const struct query *filter = run->o.filter;

	return e->first >= filter->first_after && e->first <= filter->first_before &&
	       query_has_type(filter, e->type->str, e->type->len) &&
	       (!run->o.rule || strcmp(run->o.rule, e->rule) == 0) &&
	       (!run->o.suffixes || newly_suffixes_match(run->o.suffixes, e->owner->str, e->owner->len)) &&
	       find_domain(run, e);
}

// The record need not be the first of its name if the question chooses among records.
static bool is_by_age(const struct newly_run *run)
{
	return run->o.rule || run->o.filter->types != QUERY_TYPES_ALL;
}

enum question { OF_DOMAIN, OF_NAME, OF_OWNER, OF_RECORD };

// ZRANGE … 0 0 WITHSCORES: the earliest member. ZSCORE: the record; the name in its domain, which still knows it if its first
// record has expired (retention.days).
static void put_question(struct reader *r, const struct newly_entry *e, enum question question)
{
	if (question == OF_RECORD) {
		reader_command(r, 3, "ZSCORE", FAMILY_FIRST, e->owner->str, e->owner->len);
		char *room = redis_buffer_room(&r->out, e->type->len + e->rdata->len + 40);
		if (!room)
			return;
		r->out.size += (size_t)sprintf(room, "$%zu\r\n%s ", e->type->len + 1 + e->rdata->len, e->type->str);
		memcpy(r->out.bytes + r->out.size, e->rdata->str, e->rdata->len);
		memcpy(r->out.bytes + r->out.size + e->rdata->len, "\r\n", 2);
		r->out.size += e->rdata->len + 2;
		return;
	}
	if (question == OF_OWNER) {
		reader_command(r, 3, "ZSCORE", FAMILY_ZONE, e->domain, e->domain_len);
		redis_encode_bulk(&r->out, e->owner->str, e->owner->len);
		return;
	}
	if (question == OF_DOMAIN)
		reader_command(r, 5, "ZRANGE", FAMILY_ZONE, e->domain, e->domain_len);
	else
		reader_command(r, 5, "ZRANGE", FAMILY_FIRST, e->owner->str, e->owner->len);
	redis_encode_literal(&r->out, "0");
	redis_encode_literal(&r->out, "0");
	redis_encode_literal(&r->out, "WITHSCORES");
}

static bool is_record(const struct newly_entry *e, const redisReply *member)
{
	return member->len == e->type->len + 1 + e->rdata->len &&
	       memcmp(member->str, e->type->str, e->type->len) == 0 && member->str[e->type->len] == ' ' &&
	       memcmp(member->str + e->type->len + 1, e->rdata->str, e->rdata->len) == 0;
}

static void take_answer(struct newly_entry *e, enum question question, const redisReply *reply)
{
	if (question == OF_RECORD) {
		if (reply->type != REDIS_REPLY_NIL)
			e->known = reader_number(reply);
		return;
	}
	if (question == OF_OWNER) {
		int64_t first = reply->type != REDIS_REPLY_NIL ? reader_number(reply) : INT64_MAX;
		e->name_first = first < e->name_first ? first : e->name_first;
		return;
	}
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2)
		return; // was deleted or has expired
	const redisReply *member = reply->element[0];
	int64_t score = reader_number(reply->element[1]);
	if (question == OF_DOMAIN) {
		e->domain_first = score;
		e->first_of_domain =
			member->len == e->owner->len && memcmp(member->str, e->owner->str, member->len) == 0;
	} else {
		e->name_first = score;
		e->first_of_name = is_record(e, member);
	}
}

// The same question about all entries that are still in. The entries of a domain often follow each other: it is asked once.
static bool is_repeated(const struct newly_entry *e, const struct newly_entry *before, enum question question)
{
	if (!before || question == OF_RECORD)
		return false;
	if (question == OF_DOMAIN)
		return e->domain_len == before->domain_len && memcmp(e->domain, before->domain, e->domain_len) == 0;
	return e->owner->len == before->owner->len && memcmp(e->owner->str, before->owner->str, e->owner->len) == 0;
}

static int ask(struct newly_run *run, enum question question)
{
	struct reader *r = &run->db->reader;
	const struct newly_entry *before = NULL;
	redisReply *reply = NULL;
	int result = 0;

	reader_begin(r);
	for (size_t i = 0; i < run->len; i++) {
		struct newly_entry *e = &run->entry[i];
		if (!e->out && !is_repeated(e, before, question)) {
			put_question(r, e, question);
			before = e;
		}
	}
	if (reader_send(r) != 0)
		result = -1;
	before = NULL;
	for (size_t i = 0; i < run->len && result == 0; i++) {
		struct newly_entry *e = &run->entry[i];
		if (e->out)
			continue;
		if (!is_repeated(e, before, question)) {
			if (reply)
				freeReplyObject(reply);
			reply = reader_reply(r);
			before = e;
		}
		if (reply)
			take_answer(e, question, reply);
		else
			result = -1;
	}
	if (reply)
		freeReplyObject(reply);
	if (result != 0)
		snprintf(run->why, sizeof(run->why), "%s", r->why);
	return result;
}

static uint64_t fingerprint(const struct newly_run *run, const struct newly_entry *e)
{
	uint64_t hash = run->seen.start;

	if (run->o.depth == NEWLY_DOMAIN)
		return fnv64(hash, e->domain, e->domain_len);
	hash = fnv64(hash, e->owner->str, e->owner->len);
	if (run->o.depth == NEWLY_NAME)
		return hash;
	hash = fnv64(fnv64_mix(hash, 0), e->type->str, e->type->len);
	return fnv64(fnv64_mix(hash, 0), e->rdata->str, e->rdata->len);
}

// With all answers: is it new?
static bool is_new(struct newly_run *run, struct newly_entry *e)
{
	bool by_age = is_by_age(run);

	if (run->o.depth != NEWLY_RECORD)
		e->known = run->o.depth == NEWLY_NAME ? e->name_first : e->domain_first;
	if (run->o.depth != NEWLY_RECORD && e->known == INT64_MAX)
		return false; // nothing is known about it any more
	if (run->o.depth != NEWLY_RECORD && !by_age && !e->first_of_name)
		return false;
	if (run->o.depth == NEWLY_DOMAIN && !by_age && !e->first_of_domain)
		return false;
	bool history = e->known < e->first - NEWLY_SLACK_S;
	return (!history || (run->o.history && (run->o.depth == NEWLY_RECORD || !by_age))) &&
	       !newly_seen_before(&run->seen, fingerprint(run, e));
}

int newly_check_page(struct newly_run *run)
{
	static const enum question order[3][3] = {[NEWLY_RECORD] = {OF_RECORD, OF_NAME, OF_DOMAIN},
		[NEWLY_NAME] = {OF_NAME, OF_OWNER, OF_DOMAIN},
		[NEWLY_DOMAIN] = {OF_DOMAIN, OF_NAME, OF_OWNER}};
	const enum question *questions = order[run->o.depth];
	bool by_age = is_by_age(run);

	for (size_t i = 0; i < run->len; i++)
		run->entry[i].out = !is_asked_for(run, &run->entry[i]);
	for (int n = 0; n < 3; n++) {
		if (ask(run, questions[n]) != 0)
			return -1;
		for (size_t i = 0; i < run->len && n == 0 && !by_age; i++) { // the further questions are for few
			struct newly_entry *e = &run->entry[i];
			e->out = e->out || (run->o.depth == NEWLY_DOMAIN && !e->first_of_domain) ||
				 (run->o.depth == NEWLY_NAME && !e->first_of_name);
		}
	}
	for (size_t i = 0; i < run->len; i++)
		run->entry[i].out = run->entry[i].out || !is_new(run, &run->entry[i]);
	return 0;
}
