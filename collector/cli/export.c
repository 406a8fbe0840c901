// SPDX-License-Identifier: BSD-3-Clause
// export: all records, as COF lines or CSV. It continues from a cursor, which --resume keeps in a file; all records before the
// cursor have been written.
#include "collector/cli/lookback.h"

#include "collector/transfer/export.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OUT_SIZE = 256 * 1024 };

struct exporting {
	struct lookback *l;
	struct transfer_export *run;
	struct redis_buffer out;
	struct progress progress;
	uint64_t records;
	time_t saved; // when the cursor was
	char cursor[QUERY_CURSOR_SIZE];
};

static int write_out(struct exporting *x)
{
	if (x->out.size > 0 && fwrite(x->out.bytes, 1, x->out.size, stdout) != x->out.size)
		return lookback_fail("cannot write to the standard output: %s", strerror(errno));
	redis_buffer_clear(&x->out);
	return 0;
}

// Writes the file of --resume, after all records before the cursor.
static int save_cursor(struct exporting *x)
{
	const char *path = x->l->resume;
	char temporary[4200];

	x->saved = time(NULL);
	if (write_out(x) != 0 || fflush(stdout) != 0)
		return LOOKBACK_FAILED;
	transfer_export_cursor(x->run, x->cursor);
	if (!*x->cursor)
		return 0;
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	FILE *file = fopen(temporary, "we");
	if (file && fprintf(file, "%s\n", x->cursor) > 0 && fclose(file) == 0 && rename(temporary, path) == 0)
		return 0;
	return lookback_fail("--resume %s: %s", path, strerror(errno));
}

// The cursor that an earlier export left. 0, or an exit status.
static int load_cursor(struct exporting *x)
{
	FILE *file = fopen(x->l->resume, "re");

	if (!file && errno == ENOENT)
		return 0;
	if (!file || !fgets(x->cursor, sizeof(x->cursor), file))
		x->cursor[0] = '\0';
	if (file)
		fclose(file);
	x->cursor[strcspn(x->cursor, "\n")] = '\0';
	if (transfer_export_is_cursor(x->cursor))
		return 0;
	return lookback_fail("--resume %s: found no cursor in the file", x->l->resume);
}

static void put(struct exporting *x, const struct query_record *r)
{
	static const struct query_format format = {.rdata_array = true};

	x->records++;
	if (x->l->quiet)
		return;
	if (x->l->output == OUTPUT_CSV) {
		query_csv(&x->out, r);
	} else {
		query_json_cof(&x->out, r, &format);
		query_put(&x->out, "\n", 1);
	}
}

// 0, or an exit status.
static int run(struct exporting *x)
{
	struct query_record record;
	enum query_step step;
	int result = 0;

	if (x->l->output == OUTPUT_CSV && !*x->cursor)
		query_put_text(&x->out, QUERY_CSV_HEAD);
	while (result == 0 && ((step = transfer_export_next(x->run, &record)) == QUERY_RECORD || step == QUERY_BUSY)) {
		if (step == QUERY_RECORD) {
			put(x, &record);
			continue;
		}
		progress_show(&x->progress, x->records);
		if (x->l->resume && time(NULL) != x->saved)
			result = save_cursor(x);
		else if (x->out.size >= OUT_SIZE)
			result = write_out(x);
	}
	progress_end(&x->progress);
	if (result == 0)
		result = write_out(x);
	if (result != 0)
		return result;
	if (step == QUERY_FAILED) {
		transfer_export_cursor(x->run, x->cursor);
		lookback_fail("%s", transfer_export_why(x->run));
		if (x->l->resume && save_cursor(x) == 0)
			lookback_fail("the export is incomplete; run the same command again to continue");
		else if (*x->cursor)
			lookback_fail("the export is incomplete; to continue: lookback export --cursor %s", x->cursor);
		return LOOKBACK_FAILED;
	}
	if (x->l->resume && fflush(stdout) == 0)
		unlink(x->l->resume); // all is written
	return x->records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_export(struct lookback *l)
{
	struct exporting x = {.l = l, .progress = {.what = "exported"}, .saved = time(NULL)};
	struct query q = l->filter;

	q.kind = QUERY_EVERYTHING;
	q.limit = l->has_limit ? l->filter.limit : 0;
	if (q.order != QUERY_ORDER_NONE)
		return lookback_fail("export: found --sort, expected none; records are not sorted");
	if (l->cursor && !transfer_export_is_cursor(l->cursor))
		return lookback_fail("--cursor: found '%s', expected the cursor of an earlier export", l->cursor);
	if (l->cursor)
		snprintf(x.cursor, sizeof(x.cursor), "%s", l->cursor);
	else if (l->resume && load_cursor(&x) != 0)
		return LOOKBACK_FAILED;
	q.cursor = *x.cursor ? x.cursor : NULL;
	char start[QUERY_CURSOR_SIZE];
	snprintf(start, sizeof(start), "%s", x.cursor);
	q.cursor = *start ? start : NULL;
	x.run = transfer_export_start(&q, &l->db.reader.settings);
	if (!x.run)
		return lookback_fail("out of memory");
	int status = run(&x);
	transfer_export_stop(x.run);
	redis_buffer_free(&x.out);
	return status;
}
