// SPDX-License-Identifier: BSD-3-Clause
// What Redis tells of names that came: its stream of new records, and how many batches were imported. No state; any thread
// with a reader of its own.
#pragma once

#include "collector/names/file.h"
#include "collector/reader/reader.h"

// How far an index has to be to hold all names that were there at some moment.
struct names_mark {
	int64_t imports;	  // batches of `lookback import`
	char last[NAMES_ID_SIZE]; // entry of the stream; empty: it has none
	bool sensors;		  // there are sensors, so that without a stream nothing tells what they brought
};

// In one round trip. 0, or -1 with db->why.
int names_mark_read(struct reader *db, struct names_mark *m);

// Sends what is gathered and returns the one reply; NULL where Redis is away.
redisReply *names_ask(struct reader *db);

// The id of the first (or last) entry of the stream; empty where there is none. 0 or -1.
int names_stream_end(struct reader *db, bool last, char id[NAMES_ID_SIZE]);

// Ids are "<milliseconds>-<number>": below 0, 0, above 0.
int names_compare_ids(const char *a, const char *b);

// True where entries behind our id may have been trimmed, or the stream is another one; `*failed`: Redis is away.
bool names_has_gap(struct reader *db, const char *id, bool *failed);

// How many batches were imported. -1 where Redis is away.
int64_t names_count_imports(struct reader *db);
