// SPDX-License-Identifier: BSD-3-Clause
// import.
#include "collector/lookback.h"

#include "collector/query_import.h"

#include <errno.h>
#include <stdlib.h>

enum { IMPORT_COMMANDS = 3000, COMPLAINTS_MAX = 5 };

struct import {
	struct lookback *l;
	uint64_t records, lines, bad;
	struct progress progress;
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

// Names that come this way are in no stream: who has an index of them reads the keys again.
static void announce(struct import *m)
{
	if (m->l->dry || m->failed)
		return;
	query_db_command(&m->l->db, 2, "INCR", "imports", "", 0);
	send_batch(m);
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
			progress_show(&m->progress, m->records);
	}
	if (ferror(file)) {
		lookback_fail("%s: %s", name, strerror(errno));
		m->failed = true;
	}
	free(line);
}

int lookback_import(struct lookback *l)
{
	struct import m = {.l = l, .progress = {.what = "imported"}};

	l->db.writes = true;
	query_db_begin(&l->db);
	announce(&m); // one that is interrupted is told as well
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
	if (!m.failed && send_batch(&m))
		announce(&m);
	progress_end(&m.progress);
	if (!l->quiet)
		printf("%s %llu records of %llu lines; %llu lines were not understood\n",
			l->dry ? "would import" : "imported", (unsigned long long)m.records,
			(unsigned long long)m.lines, (unsigned long long)m.bad);
	if (m.failed || m.bad > 0)
		return LOOKBACK_FAILED;
	return m.records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
