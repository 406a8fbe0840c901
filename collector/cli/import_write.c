// SPDX-License-Identifier: BSD-3-Clause
// import → Redis. Imported names are not in the stream of new records, so every batch increments pdns:imports: a collector with an index
// of names then reads the keys again.
//
//     one Redis    MULTI, INCR imports, records…, EXEC: both or neither, whenever this ends
//     a cluster    INCR imports, records…: the announcement goes first
//
// While Redis applies a batch, the next one is gathered.
#include "collector/cli/import.h"

#include "collector/schema/keys.h"
#include "collector/transfer/write.h"

enum { BATCH_RECORDS = 400 }; // some 2,400 changes, 5 ms of Redis, which does nothing else in that time

static bool fail_write(struct import_write *w)
{
	lookback_fail("%s", w->l->db.reader.why);
	w->failed = true;
	return false;
}

static void put_command(struct reader *db, const char *command)
{
	redis_encode_array(&db->out, 1);
	redis_encode_text(&db->out, command);
}

static bool begin_batch(struct import_write *w)
{
	struct reader *db = &w->l->db.reader;

	w->elements = 0;
	if (reader_nodes(db) == 0)
		return fail_write(w);
	reader_begin(db);
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

// Sends what is gathered, after the replies to what was sent before.
static bool send_batch(struct import_write *w)
{
	struct reader *db = &w->l->db.reader;

	if (!db->cluster)
		put_command(db, "EXEC");
	w->elements = 0;
	if (take_replies(db) != 0 || reader_send(db) != 0 || (db->cluster && take_replies(db) != 0))
		return fail_write(w);
	return true;
}

bool import_write_owner(void *arg, const struct query_record *records, size_t len)
{
	struct import_write *w = arg;

	w->records += len;
	if (w->l->dry)
		return true;
	if (w->elements == 0 && !begin_batch(w))
		return false;
	transfer_write_owner(&w->l->db, records, len, w->l->add);
	w->elements += len;
	return w->elements < BATCH_RECORDS || send_batch(w);
}

bool import_write_end(struct import_write *w)
{
	if (w->failed || w->l->dry)
		return !w->failed;
	if (w->elements > 0 && !send_batch(w))
		return false;
	return take_replies(&w->l->db.reader) == 0 || fail_write(w);
}
