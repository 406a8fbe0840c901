// SPDX-License-Identifier: BSD-3-Clause
#include "collector/names/stream.h"

#include "collector/schema/keys.h"

#include <stdio.h>
#include <string.h>

redisReply *names_ask(struct reader *db)
{
	return reader_send(db) == 0 ? reader_reply(db) : NULL;
}

// The id of the first (or last) entry of the stream; empty if there is none. 0 or -1.
int names_stream_end(struct reader *db, bool last, char id[NAMES_ID_SIZE])
{
	reader_begin(db);
	reader_command(db, 6, last ? "XREVRANGE" : "XRANGE", FAMILY_NEW, "", 0);
	redis_encode_text(&db->out, last ? "+" : "-");
	redis_encode_text(&db->out, last ? "-" : "+");
	redis_encode_literal(&db->out, "COUNT");
	redis_encode_literal(&db->out, "1");
	redisReply *reply = names_ask(db);
	if (!reply)
		return -1;
	id[0] = '\0';
	if (reply->elements > 0 && reply->element[0]->elements > 0)
		snprintf(id, NAMES_ID_SIZE, "%s", reply->element[0]->element[0]->str);
	freeReplyObject(reply);
	return 0;
}

// Ids are "<milliseconds>-<number>".
int names_compare_ids(const char *a, const char *b)
{
	unsigned long long a_ms = 0, a_n = 0, b_ms = 0, b_n = 0;

	sscanf(a, "%llu-%llu", &a_ms, &a_n);
	sscanf(b, "%llu-%llu", &b_ms, &b_n);
	return a_ms != b_ms ? (a_ms > b_ms) - (a_ms < b_ms) : (a_n > b_n) - (a_n < b_n);
}

// True if entries after our id may have been trimmed, or the stream is another one: then the
// keys have to be scanned. `*failed` if Redis cannot be reached.
bool names_has_gap(struct reader *db, const char *id, bool *failed)
{
	char first[NAMES_ID_SIZE], last[NAMES_ID_SIZE];

	*failed = names_stream_end(db, false, first) != 0 || names_stream_end(db, true, last) != 0;
	if (*failed)
		return false;
	return !*first || names_compare_ids(first, id) > 0 || names_compare_ids(last, id) < 0;
}

// How many batches were imported. -1 if Redis cannot be reached.
int64_t names_count_imports(struct reader *db)
{
	reader_begin(db);
	reader_command(db, 2, "GET", FAMILY_IMPORTS, "", 0);
	redisReply *reply = names_ask(db);
	if (!reply)
		return -1;
	int64_t n = reader_number(reply);
	freeReplyObject(reply);
	return n;
}

int names_mark_read(struct reader *db, struct names_mark *m)
{
	redisReply *reply[3] = {NULL};
	int n = 0;

	reader_begin(db);
	reader_command(db, 2, "GET", FAMILY_IMPORTS, "", 0);
	reader_command(db, 6, "XREVRANGE", FAMILY_NEW, "", 0);
	redis_encode_literal(&db->out, "+");
	redis_encode_literal(&db->out, "-");
	redis_encode_literal(&db->out, "COUNT");
	redis_encode_literal(&db->out, "1");
	reader_command(db, 2, "EXISTS", FAMILY_SENSORS, "", 0);
	if (reader_send(db) == 0)
		while (n < 3 && (reply[n] = reader_reply(db)) != NULL)
			n++;
	if (n == 3) {
		const redisReply *last = reply[1]->elements > 0 ? reply[1]->element[0] : NULL;
		m->imports = reader_number(reply[0]);
		snprintf(m->last, sizeof(m->last), "%s", last && last->elements > 0 ? last->element[0]->str : "");
		m->sensors = reader_number(reply[2]) > 0;
	}
	for (int i = 0; i < n; i++)
		freeReplyObject(reply[i]);
	return n == 3 ? 0 : -1;
}
