// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/news.h"

#include "collector/redis/families.h"
#include "collector/watch/case.h"

#include <stdlib.h>

// Reads a record out of an entry of a stream. False if it is none: others may write to the stream.
static bool read_entry(const redisReply *fields, struct watch_case *c)
{
	const redisReply *name = reader_field(fields, "name"), *type = reader_field(fields, "type"),
			 *rdata = reader_field(fields, "rdata"), *first = reader_field(fields, "first"),
			 *sensor = reader_field(fields, "sensor"), *last = reader_field(fields, "last"),
			 *before = reader_field(fields, "before"), *fresh = reader_field(fields, "new");

	if (!name || !type || !rdata || !first || name->len >= TEXT_NAME_SIZE || type->len >= TEXT_TYPE_SIZE)
		return false;
	c->record = (struct watch_record){.name = name->str,
		.name_len = name->len,
		.type = type->str,
		.type_len = type->len,
		.rdata = rdata->str,
		.rdata_len = rdata->len};
	c->first = reader_number(first);
	c->last = last ? reader_number(last) : c->first;
	c->before = before ? reader_number(before) : 0;
	c->fresh = !fresh || strcmp(fresh->str, "0") != 0;
	c->sensor = sensor ? sensor->str : "";
	return true;
}

// Cases of one matching rule: one for each kind of news that the record may be.
static bool add_cases(struct watch_cases *cases, const struct watch_view *v, struct watch_case *c, uint32_t rule,
	unsigned news)
{
	c->rule = rule;
	watch_matcher_reason(v->matcher, rule, c->reason);
	c->zone_at = watch_matcher_zone(v->matcher, rule);
	for (unsigned kind = 0; kind < WATCH_NEWS_KINDS; kind++) {
		c->kind = (enum watch_news)kind;
		if (!(watch_set_rule(v->set, rule)->news & news & 1u << kind) || !watch_case_fits(c, v))
			continue;
		if (!watch_cases_add(cases, c))
			return false;
	}
	return true;
}

// Matches the records of the page.
static bool find_cases(const struct watch_view *v, const struct watch_page *page, struct watch_cases *cases,
	struct watch_outcome *out)
{
	const unsigned old = 1u << WATCH_NEWS_AGAIN | 1u << WATCH_NEWS_TAMPER, fresh = ~(1u << WATCH_NEWS_AGAIN);
	struct watch_case c = {.record = {.name = ""}};
	const uint32_t *rules;

	for (size_t i = 0; i < page->len && cases->len < WATCH_ALERTS_PER_PAGE; i++) {
		out->records = i + 1;
		if (!read_entry(watch_page_entry(page, i), &c))
			continue;
		unsigned news = c.fresh ? fresh : old;
		size_t len = watch_match(v->matcher, &c.record, news, &rules);
		out->matched += len > 0;
		if (len > WATCH_RULES_PER_RECORD) {
			out->dropped += len - WATCH_RULES_PER_RECORD;
			len = WATCH_RULES_PER_RECORD;
		}
		for (size_t k = 0; k < len; k++)
			if (!add_cases(cases, v, &c, rules[k], news))
				return false;
	}
	return true;
}

// Asks Redis what the cases depend on, decides, and does so again for what follows from the answers.
static int decide(const struct watch_view *v, struct watch_cases *cases, struct watch_alerts *alerts)
{
	for (unsigned turn = 0; turn < WATCH_CASE_TURNS; turn++) {
		reader_begin(v->reader);
		for (size_t i = 0; i < cases->len; i++)
			watch_case_ask(&cases->at[i], v, turn);
		if (v->reader->out.arrays > 0 && reader_send(v->reader) != 0)
			return -1;
		for (size_t i = 0; i < cases->len; i++)
			if (watch_case_take(&cases->at[i], v, turn) != 0)
				return -1;
	}
	for (size_t i = 0; i < cases->len; i++)
		if (!watch_case_tell(&cases->at[i], v, alerts))
			return reader_fail(v->reader, "out of memory for alerts");
	return 0;
}

// The oldest record that each tamper rule learns from.
static int note_oldest(const struct watch_view *v, const struct watch_cases *cases)
{
	for (size_t i = 0; i < cases->len; i++) {
		const struct watch_case *c = &cases->at[i];
		if (c->kind == WATCH_NEWS_TAMPER)
			watch_learn_see(&v->learn[c->rule], (uint64_t)c->first, (uint64_t)c->last, v->now_s);
	}
	return watch_learn_write(v->reader, v->set, v->learn);
}

int watch_news(const struct watch_view *v, const struct watch_page *page, struct watch_alerts *alerts,
	struct watch_outcome *out)
{
	struct watch_cases cases = {.len = 0};
	int result = -1;

	*out = (struct watch_outcome){.records = 0};
	if (!find_cases(v, page, &cases, out))
		reader_fail(v->reader, "out of memory for alerts");
	else if (note_oldest(v, &cases) == 0)
		result = decide(v, &cases, alerts);
	for (size_t i = 0; i < cases.len; i++)
		out->learned += cases.at[i].learned;
	watch_cases_free(&cases);
	return result;
}
