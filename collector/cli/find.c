// SPDX-License-Identifier: BSD-3-Clause
// find: names that contain a keyword or look like it, best first, each with its reason.
#include "collector/cli/lookback.h"

#include "collector/query/name_summary.h"

struct finding {
	struct lookback *l;
	bool failed, refused;
	const char *keyword;
	struct lookback_table *table;
	struct query_name_summary found;
	uint64_t shown;
};

// One name: a row, or a line of JSON.
static void show(struct finding *f)
{
	const struct query_name_summary *found = &f->found;
	char unicode[4 * TEXT_NAME_SIZE], why[sizeof(unicode) + 32];
	struct redis_buffer line = {0};

	if (found->name_len == 0)
		return;
	f->shown++;
	if (f->table) {
		enum alike_reason reason = alike(f->keyword, strlen(f->keyword), found->name, found->name_len);
		bool decoded = alike_unicode(found->name, found->name_len, unicode, sizeof(unicode)) > 0;
		snprintf(why, sizeof(why), decoded ? "%s: %s" : "%s", alike_reason_text[reason], unicode);
		const struct query_record row = {.owner = found->name,
			.owner_len = found->name_len,
			.type = found->types,
			.type_len = strlen(found->types),
			.rdata = why,
			.rdata_len = strlen(why),
			.first = found->first,
			.last = found->last,
			.count = found->count};
		table_add(f->table, &row);
	} else if (!f->l->quiet) {
		query_name_summary_json(&line, found, f->keyword);
		query_put_text(&line, "\n");
		fwrite(line.bytes, 1, line.size, stdout);
		redis_buffer_free(&line);
	}
	f->found.name_len = 0;
}

static int find_one(struct finding *f, const struct query *q)
{
	struct query_run *run = query_start(q, &f->l->db);
	struct query_record record;
	enum query_step step;

	if (!run)
		return lookback_fail("out of memory");
	while ((step = query_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY) {
		if (step == QUERY_BUSY)
			continue;
		if (query_name_summary_is_full(&f->found, &record))
			show(f);
		query_name_summary_add(&f->found, &record);
	}
	show(f);
	int result = 0;
	if (step == QUERY_FAILED)
		result = lookback_fail(f->shown > 0 ? "%s; the output is incomplete" : "%s", query_why(run));
	if (step == QUERY_LIMITED && !f->l->quiet && !f->l->has_limit)
		fprintf(stderr, "lookback: there are more names; --limit 0 prints all\n");
	query_stop(run);
	return result;
}

static bool find_text(void *arg, const char *text)
{
	struct finding *f = arg;
	struct query q = f->l->filter;
	char why[512], word[2 * TEXT_NAME_SIZE];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, "\r\n"), text);
	if (query_parse_keyword(&q, word, why, sizeof(why)) != 0) {
		lookback_fail("%s", why);
		f->refused = true;
		return true;
	}
	q.order = QUERY_ORDER_NONE; // by rank
	f->keyword = q.name;
	f->failed = find_one(f, &q) != 0;
	return !f->failed;
}

// Uses the index of names of the collector if its file can be read, otherwise a scan of Redis.
int lookback_find(struct lookback *l)
{
	struct finding f = {.l = l};
	int result;

	if (l->output == OUTPUT_CSV)
		return lookback_fail("find: found --csv, expected a table or --json");
	if (l->output == OUTPUT_TABLE && !l->quiet)
		f.table = table_new(stdout, "WHY", false);
	query_db_load_owners(&l->db, l->settings.names_file);
	result = lookback_each(l, find_text, &f);
	if (f.failed || f.refused)
		result = LOOKBACK_FAILED;
	if (result == 0 && f.shown == 0 && f.table)
		fputs("lookback: nothing found\n", stderr);
	if (f.table)
		table_end(f.table);
	query_db_unload(&l->db);
	return result != 0 ? result : f.shown > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
