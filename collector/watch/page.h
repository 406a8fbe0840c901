// SPDX-License-Identifier: BSD-3-Clause
// Records that watch rules match, from the stream pdns:watch:matched that the writer fills, page by page, with a cursor in Redis.
//
// One thread.
#pragma once

#include "collector/reader/reader.h"

enum { WATCH_PAGE = 500, WATCH_CURSOR_SIZE = 48, WATCH_KEY_SIZE = 120 };

// How far the stream was read. All watchers of one Redis share it: hash pdns:watch:cursor:{pdns:alert}.
struct watch_cursor {
	char id[WATCH_CURSOR_SIZE];
	bool known;	   // an entry had this id; false: reading begins at this time
	uint64_t position; // entries of the stream up to this one, as Redis 7 counts them; 0: not known
};

struct watch_page {
	redisReply *reply; // owned
	size_t len;	   // entries
	const char *last;  // id of the last entry
	bool gap;	   // entries between the cursor and this page were removed before they were read
	uint64_t missed;   // how many; 0: not known
	uint64_t position; // of the last entry; 0: not known
};

// "{<prefix>alert}": puts a key into the slot of the stream of alerts. Returns its length.
size_t watch_tag(const struct reader *r, char out[static WATCH_KEY_SIZE]);

// Reads the cursor; one that is not in Redis begins at `start_ms` (wall clock). 0, or -1 (closed).
int watch_cursor_read(struct reader *r, struct watch_cursor *cursor, uint64_t start_ms);

// Appends HSET of a cursor to what is gathered.
void watch_cursor_put(struct reader *r, const struct watch_cursor *cursor);

// Reads the entries after the cursor. Free the page in any case. 0, or -1 (closed).
int watch_page_read(struct watch_page *page, struct reader *r, const struct watch_cursor *cursor);
void watch_page_free(struct watch_page *page);

// The fields of an entry: array of names and values.
const redisReply *watch_page_entry(const struct watch_page *page, size_t index);
