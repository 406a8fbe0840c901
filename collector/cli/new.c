// SPDX-License-Identifier: BSD-3-Clause
// new: records, names or registered domains that are newly observed, oldest first. To the standard output, or into a feed file.
#include "collector/cli/feed.h"
#include "collector/cli/lookback.h"

#include "collector/newly/newly.h"
#include "collector/newly/suffixes.h"

#include <errno.h>
#include <stdlib.h>

enum { WAIT_MS = 1000 };

struct watching {
	struct lookback *l;
	struct newly_run *run;
	struct feed feed;
	struct redis_buffer out;
	struct newly_format format;
	uint64_t shown, limit;
	int64_t since;		       // seconds
	char saved[NEWLY_CURSOR_SIZE]; // what the file of --resume holds
};

// The cursor of --resume or --cursor. 0, or an exit status.
static int load_cursor(struct lookback *l, char cursor[static NEWLY_CURSOR_SIZE])
{
	char line[100] = "", why[200];
	FILE *file = NULL;

	if (l->cursor)
		return newly_parse_cursor(cursor, l->cursor, why, sizeof(why)) == 0 ? 0 : lookback_fail("--%s", why);
	if (!l->resume)
		return 0;
	file = fopen(l->resume, "re");
	if (!file && errno == ENOENT)
		return 0;
	bool good = file && fgets(line, sizeof(line), file);
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	if (good && newly_parse_cursor(cursor, line, why, sizeof(why)) == 0)
		return 0;
	return lookback_fail("--resume %s: found no cursor in the file; delete it to start again", l->resume);
}

// After all before the cursor is written. 0, or an exit status.
static int save_cursor(struct watching *w)
{
	const char *path = w->l->resume, *cursor = newly_cursor(w->run);
	char temporary[4200];

	if (!path || !*cursor || strcmp(cursor, w->saved) == 0)
		return 0;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	FILE *file = fopen(temporary, "we");
	if (!file || fprintf(file, "%s\n", cursor) < 0 || fclose(file) != 0 || rename(temporary, path) != 0)
		return lookback_fail("--resume %s: %s", path, strerror(errno));
	snprintf(w->saved, sizeof(w->saved), "%s", cursor);
	return 0;
}

static void put_row(struct redis_buffer *out, const struct newly_item *item)
{
	const struct query_record *r = &item->record;
	char time[24], since[24], *room = redis_buffer_room(out, r->owner_len + item->domain_len + r->rdata_len + 200);
	int n;

	if (!room)
		return;
	query_time_text(r->first, "%Y-%m-%d %H:%M:%S", time, sizeof(time));
	query_time_text(item->known, "%Y-%m-%d", since, sizeof(since));
	n = sprintf(room, "%s  ", time);
	if (item->depth == NEWLY_DOMAIN)
		n += sprintf(room + n, "%-24.*s  ", (int)item->domain_len, item->domain);
	n += sprintf(room + n, "%-32.*s  %-6.*s  %.*s", (int)r->owner_len, r->owner, (int)r->type_len, r->type,
		(int)r->rdata_len, r->rdata);
	n += item->history ? sprintf(room + n, "  (known since %s)\n", since) : sprintf(room + n, "\n");
	out->size += (size_t)n;
}

static void put(struct watching *w, const struct newly_item *item)
{
	const struct lookback *l = w->l;

	w->shown++;
	if (l->quiet)
		return;
	if (l->plain)
		newly_plain(&w->out, item);
	else if (l->output == OUTPUT_CSV)
		newly_csv(&w->out, item, &w->format);
	else if (l->output == OUTPUT_JSON || l->feed)
		newly_json(&w->out, item, &w->format);
	else
		put_row(&w->out, item);
}

// 0, or an exit status.
static int flush(struct watching *w)
{
	int result = feed_write(&w->feed, &w->out);

	return result == 0 ? save_cursor(w) : result;
}

// What the answer lacks, as warnings.
static void warn(const struct watching *w)
{
	char time[24];

	if (newly_has_gap(w->run))
		fprintf(stderr,
			"lookback: new records after the cursor were removed from the stream (new.max) and are not listed\n");
	if (!newly_is_trimmed(w->run) || w->since <= 0 || w->since >= newly_oldest(w->run) || *w->saved || w->l->cursor)
		return;
	query_time_text(newly_oldest(w->run), "%Y-%m-%d %H:%M:%S", time, sizeof(time));
	fprintf(stderr,
		"lookback: the stream of new records is full (new.max) and begins at %s; what was stored before is not listed\n",
		time);
}

static int run(struct watching *w)
{
	struct newly_item item;
	enum query_step step = QUERY_BUSY;
	bool done = false, warned = false;
	int result = 0;

	if (w->l->output == OUTPUT_CSV && !w->l->plain && feed_is_empty(&w->feed))
		newly_csv_head(&w->out, &w->format);
	while (result == 0 && !done) {
		step = newly_next(w->run, &item);
		if (!warned && step != QUERY_FAILED)
			warn(w);
		warned = true;
		if (step == QUERY_RECORD) {
			put(w, &item);
			done = w->limit > 0 && w->shown == w->limit;
			continue;
		}
		result = flush(w);
		done = step == QUERY_FAILED || (step == QUERY_END && !w->l->follow) ||
		       (w->l->follow && !w->l->feed && lookback_is_unread()); // the reader has left
	}
	if (result == 0)
		result = flush(w);
	if (step == QUERY_FAILED)
		return lookback_fail("%s", newly_why(w->run));
	return result != 0 ? LOOKBACK_FAILED : w->shown > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_new(struct lookback *l)
{
	struct query filter = l->filter;
	struct newly_options options = {.filter = &filter,
		.suffixes = l->suffixes,
		.rule = l->rule,
		.history = l->history,
		.wait_ms = l->follow ? WAIT_MS : 0};
	struct watching w = {.l = l,
		.format = {l->with_context, l->context},
		.limit = l->has_limit ? l->filter.limit : 0};
	char why[200];

	filter.first_after = w.since = l->filter.last_after;
	if (l->depth && newly_parse_depth(&options.depth, l->depth, why, sizeof(why)) != 0)
		return lookback_fail("--%s", why);
	if (load_cursor(l, options.cursor) != 0)
		return LOOKBACK_FAILED;
	snprintf(w.saved, sizeof(w.saved), "%s", options.cursor);
	if (l->db.reader.settings.timeout_s < 2 * WAIT_MS / 1000.0)
		l->db.reader.settings.timeout_s = 2 * WAIT_MS / 1000.0; // longer than it waits
	if (feed_open(&w.feed, l->feed) != 0)
		return LOOKBACK_FAILED;
	w.run = newly_start(&options, &l->db);
	int status = w.run ? run(&w) : lookback_fail("out of memory");
	newly_stop(w.run);
	feed_close(&w.feed);
	redis_buffer_free(&w.out);
	newly_suffixes_free(l->suffixes);
	l->suffixes = NULL;
	return status;
}
