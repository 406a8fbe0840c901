// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/set.h"

#include "collector/watch/compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Clauses without a term in an index are tried on every record.
enum { REST_MAX = 256 };

void watch_set_free(struct watch_set *s)
{
	if (!s)
		return;
	watch_rules_free(&s->rules);
	watch_index_free(s->index);
	watch_keywords_free(s->keywords);
	free(s->clauses);
	free(s->found_by);
	free(s->rest);
	free(s->files);
	free(s);
}

bool watch_set_is_stale(const struct watch_set *s)
{
	for (size_t i = 0; i < s->files_len; i++)
		if (watch_indicators_changed(&s->files[i]))
			return true;
	return false;
}

size_t watch_set_rules(const struct watch_set *s)
{
	return s->rules.len;
}

size_t watch_set_entries(const struct watch_set *s)
{
	return watch_index_entries(s->index);
}

const struct watch_rule *watch_set_rule(const struct watch_set *s, uint32_t rule)
{
	return &s->rules.at[rule];
}

unsigned watch_set_news(const struct watch_set *s)
{
	return s->news;
}

// terms into the index ─────────────────────────────────────────────────────────────────────────

static bool add_value(struct watch_set *s, const struct watch_term *t, const char *value, uint32_t term)
{
	size_t len = strlen(value);
	uint8_t address[16];
	unsigned bits;

	switch (t->kind) {
	case WATCH_NAME:
		return watch_index_add_name(s->index, value, len, WATCH_EXACT, term);
	case WATCH_ZONE:
		return watch_index_add_name(s->index, value, len, WATCH_BELOW, term);
	case WATCH_TARGET:
		return watch_index_add_name(s->index, value, len, WATCH_POINT, term);
	case WATCH_ADDRESS:
		return watch_network(value, address, &bits) && watch_index_add_network(s->index, address, bits, term);
	case WATCH_KEYWORD:
	case WATCH_CONTAINS:
		return watch_keywords_add(s->keywords, value, len, t->kind == WATCH_KEYWORD, term);
	default:
		return true;
	}
}

static int add_term(struct watch_set *s, uint32_t term, char *why, size_t why_size)
{
	const struct watch_term *t = &s->rules.terms[term];

	for (size_t i = 0; i < t->len; i++) {
		if (t->kind == WATCH_FILE) {
			int result = watch_indicators_read(&s->files[s->files_len++], s->index, t->values[i], term, why,
				why_size);
			if (result != 0)
				return result;
		} else if (!add_value(s, t, t->values[i], term)) {
			return snprintf(why, why_size, "out of memory for the rules"), -ENOMEM;
		}
	}
	return 0;
}

// clauses by term ──────────────────────────────────────────────────────────────────────────────

// The term by which a clause is found: of those that must hold the one that holds least often; UINT32_MAX if no index has one.
static uint32_t choose(const struct watch_set *s, const struct watch_clause *c)
{
	uint32_t best = UINT32_MAX;
	enum watch_kind kind = WATCH_TYPE;

	for (uint32_t i = 0; i < c->len; i++) {
		const struct watch_literal *l = &c->literals[i];
		if (l->negated || s->rules.terms[l->term].kind >= kind)
			continue;
		kind = s->rules.terms[l->term].kind;
		best = l->term;
	}
	return best;
}

static int group_clauses(struct watch_set *s, char *why, size_t why_size)
{
	const struct watch_rules *r = &s->rules;

	for (size_t i = 0; i < r->clauses_len; i++) {
		uint32_t term = choose(s, &r->clauses[i]);
		if (term != UINT32_MAX) {
			s->clauses[term].len++;
		} else if (s->rest_len == REST_MAX) {
			return snprintf(why, why_size,
				       "rule %s: found more than %d lines `match` with types, countries or AS numbers only; put "
				       "several into one line, or add a name, zone, keyword, address or target",
				       r->at[r->clauses[i].rule].name, REST_MAX),
			       -EINVAL;
		} else {
			s->rest[s->rest_len++] = (uint32_t)i;
		}
	}
	uint32_t at = 0;
	for (size_t t = 0; t < r->terms_len; t++) {
		s->clauses[t].at = at;
		at += s->clauses[t].len;
		s->clauses[t].len = 0;
	}
	for (size_t i = 0; i < r->clauses_len; i++) {
		uint32_t term = choose(s, &r->clauses[i]);
		if (term != UINT32_MAX)
			s->found_by[s->clauses[term].at + s->clauses[term].len++] = (uint32_t)i;
	}
	return 0;
}

// Removes the clauses of rules without this news. Returns, by term, whether a clause is left that has it; NULL without memory.
static bool *choose_clauses(struct watch_rules *r, unsigned news)
{
	bool *used = calloc(r->terms_len + 1, sizeof(*used));
	size_t len = 0;

	for (size_t i = 0; used && i < r->clauses_len; i++) {
		if (!(r->at[r->clauses[i].rule].news & news))
			continue;
		r->clauses[len++] = r->clauses[i];
		for (uint32_t k = 0; k < r->clauses[i].len; k++)
			used[r->clauses[i].literals[k].term] = true;
	}
	if (used)
		r->clauses_len = len;
	return used;
}

static int compile(struct watch_set *s, const bool *used, char *why, size_t why_size)
{
	const struct watch_rules *r = &s->rules;
	size_t files = 0;
	int result = 0;

	for (size_t t = 0; t < r->terms_len; t++)
		files += r->terms[t].kind == WATCH_FILE ? r->terms[t].len : 0;
	s->index = watch_index_new();
	s->keywords = watch_keywords_new();
	s->clauses = calloc(r->terms_len + 1, sizeof(*s->clauses));
	s->found_by = calloc(r->clauses_len + 1, sizeof(*s->found_by));
	s->rest = calloc(REST_MAX, sizeof(*s->rest));
	s->files = calloc(files + 1, sizeof(*s->files));
	if (!s->index || !s->keywords || !s->clauses || !s->found_by || !s->rest || !s->files)
		return snprintf(why, why_size, "out of memory for the rules"), -ENOMEM;
	for (uint32_t t = 0; result == 0 && t < r->terms_len; t++)
		result = used[t] ? add_term(s, t, why, why_size) : 0;
	if (result != 0)
		return result;
	if (!watch_index_finish(s->index) || !watch_keywords_finish(s->keywords))
		return snprintf(why, why_size, "out of memory for the rules"), -ENOMEM;
	for (size_t i = 0; i < r->len; i++)
		s->news |= r->at[i].news;
	return group_clauses(s, why, why_size);
}

int watch_set_read(struct watch_set **out, const char *path, unsigned news, char *why, size_t why_size)
{
	struct sections sections = {.len = 0};
	struct watch_set *s = calloc(1, sizeof(*s));
	int result = s ? 0 : -ENOMEM;

	*out = NULL;
	snprintf(why, why_size, "out of memory for the rules");
	if (result == 0 && *path)
		result = sections_read(&sections, path, why, why_size);
	if (result == -ENOENT)
		result = 0; // no file: no rules
	if (result == 0)
		result = watch_rules_take(&s->rules, &sections, why, why_size);
	sections_free(&sections);
	bool *used = result == 0 ? choose_clauses(&s->rules, news) : NULL;
	if (result == 0)
		result = used ? compile(s, used, why, why_size) : -ENOMEM;
	free(used);
	if (result != 0) {
		watch_set_free(s);
		return result;
	}
	*out = s;
	return 0;
}

bool watch_set_check(const char *path, char *report, size_t report_size, char *why, size_t why_size)
{
	struct watch_set *set;

	if (watch_set_read(&set, path, ~0u, why, why_size) != 0)
		return false;
	snprintf(report, report_size, "%zu rules, %zu names and networks", watch_set_rules(set),
		watch_set_entries(set));
	watch_set_free(set);
	return true;
}
