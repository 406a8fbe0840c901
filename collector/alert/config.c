// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const alert_outlet_kind_names[ALERT_TO_KINDS] = {"file", "stdout", "syslog", "webhook", "email"};

bool alert_config_needs_tls(const struct alert_outlet_config *o)
{
	return (o->kind == ALERT_TO_SYSLOG && o->transport == ALERT_OVER_TLS) ||
	       (o->kind == ALERT_TO_EMAIL && o->starttls) || *o->url_file || strncmp(o->url, "https:", 6) == 0 ||
	       strncmp(o->url, "smtps:", 6) == 0;
}

// rules ──────────────────────────────────────────────────────────────────────────────────────

// Reads "N/hour", "N/min" or "N/day" as alerts per hour, at least 1; "none" is 0. False if it is none of these.
static bool read_limit(const char *text, uint32_t *out)
{
	static const struct {
		const char *name;
		double hours;
	} units[] = {{"/hour", 1}, {"/h", 1}, {"/min", 1.0 / 60}, {"/day", 24}, {"/d", 24}};
	char *end;

	*out = 0;
	if (strcmp(text, "none") == 0)
		return true;
	unsigned long n = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
	if (n == 0 || n > 1000000)
		return false;
	end += strspn(end, " ");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end, units[i].name) == 0) {
			double per_hour = (double)n / units[i].hours;
			*out = per_hour < 1 ? 1 : (uint32_t)per_hour;
			return true;
		}
	return false;
}

static int outlet_index(const struct alert_config *c, const char *name)
{
	for (size_t i = 0; i < c->outlets; i++)
		if (strcmp(c->outlet[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int read_rule(struct alert_config *c, const struct sections *s, const struct section *section, char *why,
	size_t why_size)
{
	const struct section_entry *alert = sections_entry(section, "alert"), *limit = sections_entry(section, "limit");
	struct alert_rule_config *rule = &c->rule[c->rules++];
	char list[SECTIONS_LINE_SIZE + 1], *rest = list, *name;

	*rule = (struct alert_rule_config){.outlets = alert ? 0 : (1u << c->outlets) - 1};
	snprintf(rule->name, sizeof(rule->name), "%s", section->name);
	if (limit && !read_limit(limit->value, &rule->limit))
		return sections_refuse(s, section, limit->line, why, why_size,
			"limit: found '%.60s', expected N/hour, N/min, N/day or none", limit->value);
	if (!alert || strcmp(alert->value, "none") == 0)
		return 0;
	snprintf(list, sizeof(list), "%s", alert->value);
	while ((name = strsep(&rest, ", \t")) != NULL) {
		int index = outlet_index(c, name);
		if (*name && index < 0)
			return sections_refuse(s, section, alert->line, why, why_size,
				"alert: found '%.70s', expected names of outlets, or none; add a section [outlet %.70s]",
				name, name);
		if (*name)
			rule->outlets |= 1u << index;
	}
	if (rule->outlets == 0)
		return sections_refuse(s, section, alert->line, why, why_size,
			"alert: found nothing, expected names of outlets, or none");
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct alert_rule_config *x = a, *y = b;

	return strcmp(x->name, y->name);
}

const struct alert_rule_config *alert_config_rule(const struct alert_config *c, const char *name)
{
	struct alert_rule_config key;

	if (strlen(name) >= sizeof(key.name) || c->rules == 0)
		return NULL;
	snprintf(key.name, sizeof(key.name), "%s", name);
	return bsearch(&key, c->rule, c->rules, sizeof(*c->rule), by_name);
}

// all ─────────────────────────────────────────────────────────────────────────────────────

static int read_all(struct alert_config *c, const struct sections *s, char *why, size_t why_size)
{
	size_t rules = 0;

	for (size_t i = 0; i < s->len; i++) {
		const struct section *section = &s->at[i];
		rules += strcmp(section->kind, "rule") == 0;
		if (strcmp(section->kind, "outlet") != 0)
			continue;
		if (c->outlets == ALERT_OUTLETS_MAX)
			return sections_refuse(s, section, section->line, why, why_size,
				"too many outlets, expected at most %d", ALERT_OUTLETS_MAX);
		int result = alert_outlet_read(&c->outlet[c->outlets++], s, section, why, why_size);
		if (result != 0)
			return result;
	}
	c->rule = calloc(rules ? rules : 1, sizeof(*c->rule));
	if (!c->rule)
		return snprintf(why, why_size, "out of memory"), -ENOMEM;
	for (size_t i = 0; i < s->len; i++) {
		int result = strcmp(s->at[i].kind, "rule") == 0 ? read_rule(c, s, &s->at[i], why, why_size) : 0;
		if (result != 0)
			return result;
	}
	qsort(c->rule, c->rules, sizeof(*c->rule), by_name);
	return 0;
}

int alert_config_of(struct alert_config *out, const struct sections *s, char *why, size_t why_size)
{
	*out = (struct alert_config){0};
	int result = read_all(out, s, why, why_size);

	if (result != 0)
		alert_config_free(out);
	return result;
}

int alert_config_read(struct alert_config *out, const char *path, char *why, size_t why_size)
{
	struct sections s = {0};
	int result = *path ? sections_read(&s, path, why, why_size) : 0;

	*out = (struct alert_config){0};
	if (result == -ENOENT)
		return 0;
	if (result == 0)
		result = alert_config_of(out, &s, why, why_size);
	sections_free(&s);
	return result;
}

void alert_config_free(struct alert_config *c)
{
	for (size_t i = 0; i < c->outlets; i++) {
		for (size_t h = 0; h < c->outlet[i].headers; h++)
			free(c->outlet[i].header[h]);
		for (size_t t = 0; t < c->outlet[i].recipients; t++)
			free(c->outlet[i].to[t]);
	}
	free(c->rule);
	*c = (struct alert_config){0};
}
