// SPDX-License-Identifier: BSD-3-Clause
// What is newly observed: the stream of new records (FAMILY_NEW), read as new records, new names or new registered domains.
//
//     stream ─read.c─► page of entries ─check.c─► is the record the first of its name, the name the first of its domain?
//                                      bounded commands: ZRANGE 0 0, ZSCORE
//
// An entry is a record that a sensor saw and Redis did not hold. It stands for a new name if no other record of the name
// has an earlier first sighting, and for a new domain if no other name of the domain has one. So each name and each domain
// has one entry, whatever the page or the cursor. If a record with an earlier first sighting is stored later (of another
// sensor, of a capture, of an import), the answer changes accordingly.
#pragma once

#include "collector/query/query.h"

struct context;
struct newly_suffixes;

enum newly_depth { NEWLY_RECORD, NEWLY_NAME, NEWLY_DOMAIN };

enum {
	NEWLY_CURSOR_SIZE = 48, // "<milliseconds>-<number>" of the stream
	NEWLY_SLACK_S = 3600,	// sensors may differ by this time; what was known for longer is history
};

struct newly_options {
	enum newly_depth depth;
	const struct query *filter;	       // types, first_after, first_before; borrowed
	const struct newly_suffixes *suffixes; // NULL: all names; borrowed
	const char *rule; // the alerts of this watch rule instead of all new records; NULL; borrowed
	bool history;	  // also what Redis knows as older, by an import or another capture
	bool newest_first;
	unsigned wait_ms;		// at the end, wait so long for more entries; 0: do not wait
	char cursor[NEWLY_CURSOR_SIZE]; // continue after this entry; empty: at the start
};

// Texts stay until the next call for the same run.
struct newly_item {
	enum newly_depth depth;	    // of the question
	struct query_record record; // the record that made it new; first, last: its first sighting by a sensor
	const char *domain;	    // registered domain of the owner
	size_t domain_len;
	enum newly_depth reach; // the widest of record, name, domain that was not known for longer than NEWLY_SLACK_S
	int64_t known;		// earliest time in Redis of the record, name or domain that was asked for; seconds
	int64_t name_first;	// earliest time in Redis of the name, and of the domain; 0: not known
	int64_t domain_first;
	int64_t stored; // when Redis got the record, seconds
	bool history;	// `known` is more than NEWLY_SLACK_S before the first sighting by a sensor
	const char *sensor, *id;
	const char *rule, *kind; // of an alert, else empty
};

struct newly_run;

// `db` and what the options borrow must outlive the run. NULL without memory.
struct newly_run *newly_start(const struct newly_options *options, struct query_db *db);
// QUERY_RECORD, QUERY_BUSY, QUERY_END or QUERY_FAILED. With wait_ms, QUERY_END means that nothing came; calling again waits
// again.
enum query_step newly_next(struct newly_run *run, struct newly_item *item);
const char *newly_why(const struct newly_run *run);
// Id of the last entry that was looked at; empty: none.
const char *newly_cursor(const struct newly_run *run);
// When Redis got the oldest entry that the stream still has, seconds; 0: the stream is empty. Known after the first step.
int64_t newly_oldest(const struct newly_run *run);
// True if the stream has reached new.max: older entries were removed.
bool newly_is_trimmed(const struct newly_run *run);
// True if entries after the cursor of the options may have been trimmed from the stream.
bool newly_has_gap(const struct newly_run *run);
void newly_stop(struct newly_run *run); // NULL is fine

// Texts of people. 0, or -1 with one line in `why`.
int newly_parse_depth(enum newly_depth *out, const char *text, char *why, size_t why_size);
int newly_parse_cursor(char out[static NEWLY_CURSOR_SIZE], const char *text, char *why, size_t why_size);

// format.c: one line each. JSON is Common Output Format with further members.
struct newly_format {
	bool with_context;
	const struct context *context; // what local files say; NULL: nothing
};
void newly_csv_head(struct redis_buffer *out, const struct newly_format *f);
void newly_csv(struct redis_buffer *out, const struct newly_item *item, const struct newly_format *f);
void newly_json(struct redis_buffer *out, const struct newly_item *item, const struct newly_format *f);
// The name or the domain alone (of a record: its name).
void newly_plain(struct redis_buffer *out, const struct newly_item *item);
