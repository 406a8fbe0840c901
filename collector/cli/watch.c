// SPDX-License-Identifier: BSD-3-Clause
// watch: the rules of watch.conf, and what they would find.
#include "collector/cli/lookback.h"

#include "collector/cli/watch.h"
#include "collector/context/context.h"
#include "collector/schema/keys.h"
#include "collector/watch/edit.h"
#include "collector/watch/set.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 500, ENTRIES = 1000 };

struct watch_set *lookback_read_rules(const struct lookback *l)
{
	struct watch_set *set;
	char why[1024];

	if (watch_set_read(&set, l->settings.watch_file, ~0u, why, sizeof(why)) == 0)
		return set;
	lookback_fail("%s", why);
	return NULL;
}

// list ─────────────────────────────────────────────────────────────────────────────────────────

// As JSON: {"rule": …, key: [value, …]}.
static void print_json(const struct section *rule)
{
	json_t *object = json_object();

	json_object_set_new(object, "rule", json_string(rule->name));
	for (uint32_t i = 0; i < rule->entries_len; i++) {
		json_t *values = json_object_get(object, rule->entries[i].key);
		if (!values) {
			json_object_set_new(object, rule->entries[i].key, json_array());
			values = json_object_get(object, rule->entries[i].key);
		}
		json_array_append_new(values, json_string(rule->entries[i].value));
	}
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static int list_rules(struct lookback *l)
{
	struct sections sections;
	struct watch_set *set = lookback_read_rules(l); // checks them
	char why[1024];
	size_t rules = 0;

	if (!set)
		return LOOKBACK_FAILED;
	rules = watch_set_rules(set);
	watch_set_free(set);
	if (rules == 0 || sections_read(&sections, l->settings.watch_file, why, sizeof(why)) != 0)
		return rules == 0 ? LOOKBACK_NOTHING : lookback_fail("%s", why);
	for (size_t i = 0; i < sections.len; i++) {
		const struct section *rule = &sections.at[i];
		if (strcmp(rule->kind, "rule") != 0)
			continue;
		if (l->output == OUTPUT_JSON) {
			print_json(rule);
			continue;
		}
		printf("%s\n", rule->name);
		for (uint32_t k = 0; k < rule->entries_len; k++)
			printf("    %-6s %s\n", rule->entries[k].key, rule->entries[k].value);
	}
	sections_free(&sections);
	return LOOKBACK_FOUND;
}

// test ─────────────────────────────────────────────────────────────────────────────────────────

static void print_match(const struct lookback *l, const struct watch_record *r, const struct watch_rule *rule,
	const char *reason)
{
	if (l->quiet)
		return;
	if (l->output != OUTPUT_JSON) {
		printf("%-20s  %.*s %.*s %.*s  (%s)\n", rule->name, (int)r->name_len, r->name, (int)r->type_len,
			r->type, (int)r->rdata_len, r->rdata, reason);
		return;
	}
	json_t *object = json_pack("{s:s, s:s%, s:s%, s:s%, s:s}", "rule", rule->name, "rrname", r->name, r->name_len,
		"rrtype", r->type, r->type_len, "rdata", r->rdata, r->rdata_len, "reason", reason);
	if (object)
		json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

// Prints the rules that match. Returns how many.
static size_t try_record(const struct lookback *l, const struct watch_set *set, struct watch_matcher *m,
	const struct watch_record *r)
{
	const uint32_t *rules;
	char reason[WATCH_REASON_SIZE];
	size_t len = watch_match(m, r, ~0u, &rules);

	for (size_t i = 0; i < len; i++) {
		watch_matcher_reason(m, rules[i], reason);
		print_match(l, r, watch_set_rule(set, rules[i]), reason);
	}
	return len;
}

static struct watch_record record_of(const char *name, const char *type, const char *rdata)
{
	return (struct watch_record){.name = name,
		.name_len = strlen(name),
		.type = type,
		.type_len = strlen(type),
		.rdata = rdata,
		.rdata_len = strlen(rdata)};
}

// The last entries of the stream of new records, the latest first. Returns how many match, or -1.
static int64_t try_stream(struct lookback *l, const struct watch_set *set, struct watch_matcher *m)
{
	uint64_t left = l->has_limit && l->filter.limit > 0 ? l->filter.limit : ENTRIES;
	char from[64] = "+";
	int64_t matched = 0;

	while (left > 0) {
		reader_begin(&l->db.reader);
		reader_command(&l->db.reader, 6, "XREVRANGE", FAMILY_NEW, "", 0);
		redis_encode_text(&l->db.reader.out, from);
		redis_encode_literal(&l->db.reader.out, "-");
		redis_encode_literal(&l->db.reader.out, "COUNT");
		redis_encode_uint(&l->db.reader.out, left < PAGE ? left : PAGE);
		redisReply *reply = lookback_ask(l);
		if (!reply)
			return -1;
		size_t len = reply->elements;
		for (size_t i = 0; i < len; i++) {
			const redisReply *fields = reply->element[i]->element[1];
			const redisReply *name = reader_field(fields, "name"), *type = reader_field(fields, "type"),
					 *rdata = reader_field(fields, "rdata");
			snprintf(from, sizeof(from), "(%.60s", reply->element[i]->element[0]->str);
			if (!name || !type || !rdata)
				continue;
			const struct watch_record r = record_of(name->str, type->str, rdata->str);
			matched += try_record(l, set, m, &r) > 0;
		}
		freeReplyObject(reply);
		left = len < PAGE ? 0 : left - len;
	}
	return matched;
}

static int test_rules(struct lookback *l)
{
	struct watch_set *set = lookback_read_rules(l);
	struct watch_matcher *m = set ? watch_matcher_new(set) : NULL;
	struct context *context = NULL;
	char why[1024], name[TEXT_NAME_SIZE];
	int64_t matched = -1;

	if (m && context_open(&context, &l->settings, l->zones, why, sizeof(why)) != 0) {
		lookback_fail("%s", why);
	} else if (m) {
		watch_matcher_know(m, context);
		if (l->argc == 1)
			matched = try_stream(l, set, m);
		else if (query_name_of(l->argv[1], strlen(l->argv[1]), name) == 0)
			lookback_fail("'%s': expected a domain name", l->argv[1]);
		else {
			for (char *c = l->argv[2]; *c; c++)
				*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
			const struct watch_record r = record_of(name, l->argv[2], l->argv[3]);
			matched = (int64_t)try_record(l, set, m, &r);
		}
	}
	context_close(context);
	watch_matcher_free(m);
	watch_set_free(set);
	return matched < 0 ? LOOKBACK_FAILED : matched > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

// the command ──────────────────────────────────────────────────────────────────────────────────

static int edited(int result, const char *why)
{
	if (result != 0)
		return lookback_fail("%s", why);
	fprintf(stderr, "The collector reads the rules on SIGHUP: systemctl reload lookback-collector\n");
	return LOOKBACK_FOUND;
}

int lookback_watch(struct lookback *l)
{
	const char *what = l->argv[0], *file = l->settings.watch_file;
	char why[1024];

	if (!*file)
		return lookback_fail("watch.file: not set; name the file of rules: -o watch.file=/path");
	if (strcmp(what, "list") == 0 && l->argc == 1)
		return list_rules(l);
	if (strcmp(what, "test") == 0 && (l->argc == 1 || l->argc == 4))
		return test_rules(l);
	if (strcmp(what, "add") == 0 && l->argc >= 3)
		return edited(watch_edit_add(file, l->argv[1], l->argv + 2, (size_t)l->argc - 2, why, sizeof(why)),
			why);
	if (strcmp(what, "remove") == 0 && l->argc == 2)
		return edited(watch_edit_remove(file, l->argv[1], why, sizeof(why)), why);
	for (size_t i = 0; i < 3; i++)
		if (strcmp(what, lookback_expected_words[i]) == 0 && (l->argc == 2 || (l->argc == 4 && i < 2)))
			return lookback_expected(l, (enum lookback_expected_what)i);
	return lookback_fail("watch: found '%s' with %d arguments; lookback watch --help lists what there is", what,
		l->argc - 1);
}
