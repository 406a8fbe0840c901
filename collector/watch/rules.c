// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/rules.h"

#include "dataplane/common/fnv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEARN_S = 7 * 86400, CLAUSES_MAX = 1000 };

static const struct section_key keys[] = {{"match", true, true}, {"news", false, false}, {"learn", false, false},
	{"alert", false, false}, {"limit", false, false}};

void watch_rules_free(struct watch_rules *r)
{
	for (size_t i = 0; i < r->terms_len; i++) {
		for (size_t k = 0; k < r->terms[i].len; k++)
			free(r->terms[i].values[k]);
		free(r->terms[i].values);
	}
	free(r->terms);
	free(r->clauses);
	free(r->at);
	free(r->slots);
	*r = (struct watch_rules){.len = 0};
}

static int add_rule(struct watch_rules *r, const struct sections *from, const struct section *section, char *why,
	size_t why_size)
{
	if (r->len == WATCH_RULES_MAX)
		return sections_refuse(from, section, section->line, why, why_size,
			"found more than %d rules; put names and addresses of one purpose into one rule, or in a file",
			WATCH_RULES_MAX);
	if (r->len == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 64;
		struct watch_rule *more = realloc(r->at, capacity * sizeof(*more));
		if (!more)
			return snprintf(why, why_size, "out of memory"), -ENOMEM;
		r->at = more;
		r->capacity = capacity;
	}
	r->at[r->len] = (struct watch_rule){.news = 1u << WATCH_NEWS_NEW, .learn_s = LEARN_S};
	snprintf(r->at[r->len].name, WATCH_NAME_SIZE, "%s", section->name);
	r->len++;
	return 0;
}

static int take_rule(struct watch_rules *r, const struct sections *from, const struct section *section, char *why,
	size_t why_size)
{
	char text[600];
	int result = sections_check(from, section, keys, sizeof(keys) / sizeof(*keys), why, why_size);

	if (result == 0)
		result = add_rule(r, from, section, why, why_size);
	struct watch_rule *rule = r->len > 0 ? &r->at[r->len - 1] : NULL;
	for (uint32_t i = 0; result == 0 && i < section->entries_len; i++) {
		const struct section_entry *e = &section->entries[i];
		int bad = 0;
		if (strcmp(e->key, "match") == 0) {
			bad = watch_rules_match(r, (uint32_t)r->len - 1, e->value, text, sizeof(text));
		} else if (strcmp(e->key, "news") == 0) {
			bad = watch_rules_news(rule, e->value, text, sizeof(text));
		} else if (strcmp(e->key, "learn") == 0) {
			rule->learn_s = watch_seconds(e->value, strlen(e->value));
			bad = rule->learn_s == 0 && strcmp(e->value, "0") != 0 ? -EINVAL : 0;
			snprintf(text, sizeof(text), "found '%.60s', expected a time such as 7d, or 0", e->value);
		}
		if (bad)
			result = sections_refuse(from, section, e->line, why, why_size, "%s: %s", e->key, text);
	}
	if (result == 0 && sections_entry(section, "learn") && !(rule->news & 1u << WATCH_NEWS_TAMPER))
		result = sections_refuse(from, section, section->line, why, why_size,
			"learn: found without `news = tamper`, expected both; add the one or remove the other");
	return result;
}

int watch_rules_take(struct watch_rules *out, const struct sections *from, char *why, size_t why_size)
{
	int result = 0;

	*out = (struct watch_rules){.len = 0};
	for (size_t i = 0; result == 0 && i < from->len; i++)
		if (strcmp(from->at[i].kind, "rule") == 0)
			result = take_rule(out, from, &from->at[i], why, why_size);
	if (result != 0)
		watch_rules_free(out);
	return result;
}

size_t watch_rules_files(const char *path, char ***out)
{
	struct sections sections;
	struct watch_rules r = {.len = 0};
	char why[1024];
	size_t len = 0, most = 1;

	*out = NULL;
	if (!*path || sections_read(&sections, path, why, sizeof(why)) != 0)
		return 0;
	if (watch_rules_take(&r, &sections, why, sizeof(why)) == 0)
		for (size_t t = 0; t < r.terms_len; t++)
			most += r.terms[t].kind == WATCH_FILE ? r.terms[t].len : 0;
	*out = calloc(most, sizeof(**out));
	if (*out && ((*out)[0] = strdup(path)) != NULL)
		len = 1;
	for (size_t t = 0; len > 0 && t < r.terms_len; t++)
		for (size_t i = 0; r.terms[t].kind == WATCH_FILE && i < r.terms[t].len; i++)
			if (((*out)[len] = strdup(r.terms[t].values[i])) != NULL)
				len++;
	watch_rules_free(&r);
	sections_free(&sections);
	return len;
}

// news ─────────────────────────────────────────────────────────────────────────────────────────

const char *const watch_news_text[WATCH_NEWS_KINDS] = {"new", "again", "moved", "changed", "burst", "tamper"};

uint32_t watch_seconds(const char *text, size_t len)
{
	static const struct {
		const char *unit;
		uint32_t seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}};
	uint64_t value = 0;
	size_t i = 0;

	for (; i < len && isdigit((unsigned char)text[i]) && i < 6; i++)
		value = 10 * value + (uint64_t)(text[i] - '0');
	for (size_t k = 0; i > 0 && k < sizeof(units) / sizeof(*units); k++)
		if (strlen(units[k].unit) == len - i && memcmp(units[k].unit, text + i, len - i) == 0)
			return value * units[k].seconds <= 10u * 366 * 86400 ? (uint32_t)(value * units[k].seconds) : 0;
	return 0;
}

// "again after 30d", "burst 100 in 1h", "moved asn". The words of one item; false if it is none.
static bool read_news(struct watch_rule *rule, char *words[], size_t len)
{
	static const char *const by[] = {"network", "asn", "country"};
	size_t kind = 0;

	while (kind < WATCH_NEWS_KINDS && strcmp(words[0], watch_news_text[kind]) != 0)
		kind++;
	if (kind == WATCH_NEWS_KINDS || rule->news & 1u << kind)
		return false;
	rule->news |= 1u << kind;
	if (kind == WATCH_NEWS_AGAIN) {
		if (len != 3 || strcmp(words[1], "after") != 0)
			return false;
		rule->again_s = watch_seconds(words[2], strlen(words[2]));
		return rule->again_s > 0;
	}
	if (kind == WATCH_NEWS_BURST) {
		char *end;
		if (len != 4 || strcmp(words[2], "in") != 0 || !isdigit((unsigned char)words[1][0]))
			return false;
		unsigned long n = strtoul(words[1], &end, 10);
		rule->burst = (uint32_t)n;
		rule->burst_s = watch_seconds(words[3], strlen(words[3]));
		return *end == '\0' && n >= 1 && n <= 10000 && rule->burst_s > 0 && rule->burst_s <= 30u * 86400;
	}
	if (kind == WATCH_NEWS_MOVED && len == 2) {
		for (size_t i = 0; i < sizeof(by) / sizeof(*by); i++) {
			rule->moved = (enum watch_moved)i;
			if (strcmp(words[1], by[i]) == 0)
				return true;
		}
		return false;
	}
	return len == 1;
}

int watch_rules_news(struct watch_rule *rule, const char *text, char *why, size_t why_size)
{
	char copy[256], *rest = copy, *item, *words[5];
	size_t len;

	rule->news = 0;
	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&rest, ",")) != NULL) {
		char *word;
		len = 0;
		while ((word = strsep(&item, " \t")) != NULL)
			if (*word && len < sizeof(words) / sizeof(*words))
				words[len++] = word;
		if (strlen(text) < sizeof(copy) && len > 0 && read_news(rule, words, len))
			continue;
		snprintf(why, why_size,
			"found '%.100s', expected a list of: new, again after 30d, moved [network|asn|country], changed, "
			"burst 100 in 1h (at most 10000, 30d), tamper",
			text);
		return -EINVAL;
	}
	return 0;
}
