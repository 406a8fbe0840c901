// SPDX-License-Identifier: BSD-3-Clause
// Reads the stream of alerts, for the command and for HTTP: page by page, filtered. One thread at a time.
#pragma once

#include "collector/alert/alert.h"
#include "collector/reader/reader.h"

struct alert_filter {
	char rule[64], kind[32]; // empty: any
	int64_t since_ms;	 // written since, and until; INT64_MIN, INT64_MAX: no bound
	int64_t until_ms;
	bool newest_first;
	char cursor[ALERT_ENTRY_SIZE]; // continue after this entry; empty: at the start
};

enum alert_step { ALERT_FOUND, ALERT_BUSY, ALERT_END, ALERT_FAILED }; // BUSY: a page was read; call again

struct alert_reading {
	struct reader *reader; // borrowed
	struct alert_filter filter;
	redisReply *page;	       // owned
	size_t at;		       // next entry of the page
	char cursor[ALERT_ENTRY_SIZE]; // of the last entry that was looked at; empty: none
	bool gap;		       // entries after the cursor of the filter may have been removed (alert.max)
	bool begun;
};

struct alert_filter alert_filter_make(void);

// Reads a cursor. False if it is none.
bool alert_filter_cursor(struct alert_filter *f, const char *text);

void alert_reading_begin(struct alert_reading *r, struct reader *reader, const struct alert_filter *filter);

// ALERT_FOUND: `*out` is the next alert, which the caller frees. ALERT_FAILED: the reason is in reader->why. After ALERT_END,
// calling again reads what was added.
enum alert_step alert_reading_next(struct alert_reading *r, struct alert *out);

void alert_reading_end(struct alert_reading *r);
