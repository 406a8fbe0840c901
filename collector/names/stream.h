// SPDX-License-Identifier: BSD-3-Clause
// What Redis reports about new names: its stream of new records, and how many batches were imported. No state; any thread
// with a reader of its own.
#pragma once

#include "collector/names/file.h"
#include "collector/reader/reader.h"

enum names_of { NAMES_OWNERS, NAMES_TARGETS }; // what an index holds: owner names, or names that records point to

// What an index must have read to contain all names that Redis had at one moment.
struct names_mark {
	int64_t imports;	  // batches of `lookback import`
	char last[NAMES_ID_SIZE]; // entry of the stream; empty: it has none
	bool sensors;		  // there are sensors: without a stream, their new names are not known
};

// In one round trip. 0, or -1 with db->why.
int names_mark_read(struct reader *db, struct names_mark *m);

// Sends the commands in the buffer and returns the one reply; NULL if Redis cannot be reached.
redisReply *names_ask(struct reader *db);

// The id of the first (or last) entry of the stream; empty if there is none. 0 or -1.
int names_stream_end(struct reader *db, bool last, char id[NAMES_ID_SIZE]);

// Ids are "<milliseconds>-<number>": below 0, 0, above 0.
int names_compare_ids(const char *a, const char *b);

// True if entries after our id may have been trimmed, or the stream is another one; `*failed`: Redis cannot be reached.
bool names_has_gap(struct reader *db, const char *id, bool *failed);

// How many batches were imported. -1 if Redis cannot be reached.
int64_t names_count_imports(struct reader *db);
