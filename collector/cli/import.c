// SPDX-License-Identifier: BSD-3-Clause
// import. Imported names are not in the stream of new records, so every batch increments pdns:imports: a collector with an index
// of names then reads the keys again.
//
//     one Redis    MULTI, INCR imports, records…, EXEC: both or neither, whenever this ends
//     a cluster    INCR imports, records…: the announcement goes first
#include "collector/cli/lookback.h"

#include "collector/transfer/import.h"
#include "collector/transfer/write.h"
#include "collector/schema/keys.h"

#include <errno.h>
#include <stdlib.h>

enum { IMPORT_COMMANDS = 1000, COMPLAINTS_MAX = 5 };

struct import {
	struct lookback *l;
	uint64_t records, lines, bad;
	struct progress progress;
	bool failed;
};

static bool fail_import(struct import *m)
{
	lookback_fail("%s", m->l->db.reader.why);
	m->failed = true;
	return false;
}

static void put_command(struct reader *db, const char *command)
{
	redis_encode_array(&db->out, 1);
	redis_encode_text(&db->out, command);
}

static bool begin_batch(struct import *m)
{
	struct reader *db = &m->l->db.reader;

	reader_begin(db);
	if (m->l->dry)
		return true;
	if (reader_nodes(db) == 0)
		return fail_import(m);
	if (!db->cluster)
		put_command(db, "MULTI");
	reader_command(db, 2, "INCR", FAMILY_IMPORTS, "", 0);
	return true;
}

// The replies that are due, and those in the reply to EXEC. 0, or -1 with db->why.
static int take_replies(struct reader *db)
{
	while (db->due > 0) {
		redisReply *reply = reader_reply(db);
		if (!reply)
			return -1;
		int result = 0;
		for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements && result == 0; i++)
			if (reply->element[i]->type == REDIS_REPLY_ERROR)
				result = reader_fail(db, "Redis: %.300s", reply->element[i]->str);
		freeReplyObject(reply);
		if (result != 0)
			return -1;
	}
	return 0;
}

// Sends what is gathered and waits for the replies.
static bool send_batch(struct import *m)
{
	struct reader *db = &m->l->db.reader;

	if (db->out.arrays > 0 && !m->l->dry) {
		if (!db->cluster)
			put_command(db, "EXEC");
		if (reader_send(db) != 0 || take_replies(db) != 0)
			return fail_import(m);
	}
	reader_begin(db);
	return true;
}

static bool take_record(void *arg, const struct query_record *record)
{
	struct import *m = arg;

	if (record->last < m->l->filter.last_after || record->first > m->l->filter.first_before ||
		!query_has_type(&m->l->filter, record->type, record->type_len))
		return true;
	if (m->l->db.reader.out.arrays == 0 && !begin_batch(m))
		return false;
	transfer_write_record(&m->l->db, record, m->l->add);
	m->records++;
	return m->l->db.reader.out.arrays < IMPORT_COMMANDS || send_batch(m);
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
		if (transfer_import_line(line, (size_t)len, take_record, m, why, sizeof(why)) < 0 && !m->failed &&
			m->bad++ < COMPLAINTS_MAX)
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

	l->db.reader.writes = true;
	reader_begin(&l->db.reader);
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
	progress_end(&m.progress);
	if (!l->quiet)
		printf("%s %llu records from %llu lines; %llu lines were not understood\n",
			l->dry ? "would import" : "imported", (unsigned long long)m.records,
			(unsigned long long)m.lines, (unsigned long long)m.bad);
	if (m.failed || m.bad > 0)
		return LOOKBACK_FAILED;
	return m.records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
