// SPDX-License-Identifier: BSD-3-Clause
// export and import.
#include "collector/lookback.h"

#include "collector/query_import.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OUT_SIZE = 256 * 1024, PROGRESS_S = 1, IMPORT_COMMANDS = 3000, COMPLAINTS_MAX = 5 };

static int64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

// On a terminal only: one line that is written over.
static void show_progress(const char *what, uint64_t records, int64_t start_s, const char *cursor)
{
	static int64_t last_s;
	int64_t now = now_s(), seconds = now - start_s;

	if (!isatty(STDERR_FILENO) || now - last_s < PROGRESS_S)
		return;
	last_s = now;
	fprintf(stderr, "\r%s %llu records, %llu/s%s%s\033[K", what, (unsigned long long)records,
		(unsigned long long)(records / (uint64_t)(seconds > 0 ? seconds : 1)),
		cursor ? ", cursor " : "", cursor ? cursor : "");
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static bool flush_out(struct redis_buffer *out)
{
	bool good = fwrite(out->bytes, 1, out->size, stdout) == out->size;

	redis_buffer_clear(out);
	return good;
}

static int export_run(struct lookback *l, struct query_run *run)
{
	const struct query_format format = {.rdata_array = true};
	struct redis_buffer out = {0};
	struct query_record record;
	enum query_step step;
	uint64_t records = 0;
	int64_t start_s = now_s();

	if (l->output == OUTPUT_CSV)
		query_put_text(&out, QUERY_CSV_HEAD);
	while ((step = query_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY) {
		if (step == QUERY_BUSY) {
			show_progress("exported", records, start_s, query_cursor(run));
			continue;
		}
		records++;
		if (l->output == OUTPUT_CSV) {
			query_csv(&out, &record);
		} else {
			query_json_cof(&out, &record, &format);
			query_put_text(&out, "\n");
		}
		if (out.size >= OUT_SIZE && !flush_out(&out))
			break;
	}
	flush_out(&out);
	redis_buffer_free(&out);
	end_progress();
	if (step == QUERY_FAILED) {
		lookback_fail("%s", query_why(run));
		lookback_fail("to go on: lookback export --cursor %s", query_cursor(run));
		return LOOKBACK_FAILED;
	}
	return records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_export(struct lookback *l)
{
	struct query q = l->filter;

	q.kind = QUERY_EVERYTHING;
	q.cursor = l->cursor;
	q.limit = l->has_limit ? l->filter.limit : 0;
	if (l->cursor && (!*l->cursor || l->cursor[strspn(l->cursor, "0123456789")]))
		return lookback_fail("--cursor: '%s' is not a cursor of an earlier export", l->cursor);
	struct query_run *run = query_start(&q, &l->db);
	if (!run)
		return lookback_fail("out of memory");
	int status = export_run(l, run);
	query_stop(run);
	return status;
}

struct import {
	struct lookback *l;
	uint64_t records, lines, bad;
	int64_t start_s;
	bool failed;
};

// Sends what is gathered and waits for the replies.
static bool send_batch(struct import *m)
{
	struct query_db *db = &m->l->db;

	if (db->out.arrays > 0 && !m->l->dry && (query_db_send(db) != 0 || query_db_drain(db) != 0)) {
		lookback_fail("%s", db->why);
		m->failed = true;
	}
	query_db_begin(db);
	return !m->failed;
}

static bool take_record(void *arg, const struct query_record *record)
{
	struct import *m = arg;

	if (record->last < m->l->filter.last_after || record->first > m->l->filter.first_before ||
		!query_has_type(&m->l->filter, record->type, record->type_len))
		return true;
	query_write_record(&m->l->db, record, m->l->add);
	m->records++;
	return m->l->db.out.arrays < IMPORT_COMMANDS || send_batch(m);
}

static void import_file(struct import *m, FILE *file, const char *name)
{
	char *line = NULL, why[256];
	size_t size = 0;
	ssize_t len;
	uint64_t number = 0;

	while (!m->failed && (len = getline(&line, &size, file)) >= 0) {
		number++;
		m->lines++;
		if (query_import_line(line, (size_t)len, take_record, m, why, sizeof(why)) < 0 &&
			!m->failed && m->bad++ < COMPLAINTS_MAX)
			lookback_fail("%s:%llu: %s", name, (unsigned long long)number, why);
		if (number % 1024 == 0)
			show_progress("imported", m->records, m->start_s, NULL);
	}
	if (ferror(file)) {
		lookback_fail("%s: %s", name, strerror(errno));
		m->failed = true;
	}
	free(line);
}

int lookback_import(struct lookback *l)
{
	struct import m = {.l = l, .start_s = now_s()};

	l->db.writes = true;
	query_db_begin(&l->db);
	for (int i = 0; i < (l->argc ? l->argc : 1) && !m.failed; i++) {
		bool standard = l->argc == 0 || strcmp(l->argv[i], "-") == 0;
		FILE *file = standard ? stdin : fopen(l->argv[i], "re");
		if (!file) {
			m.failed = true;
			lookback_fail("%s: %s", l->argv[i], strerror(errno));
			break;
		}
		import_file(&m, file, standard ? "(standard input)" : l->argv[i]);
		if (!standard)
			fclose(file);
	}
	if (!m.failed)
		send_batch(&m);
	end_progress();
	if (!l->quiet)
		printf("%s %llu records of %llu lines; %llu lines were not understood\n",
			l->dry ? "would import" : "imported", (unsigned long long)m.records,
			(unsigned long long)m.lines, (unsigned long long)m.bad);
	if (m.failed || m.bad > 0)
		return LOOKBACK_FAILED;
	return m.records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
