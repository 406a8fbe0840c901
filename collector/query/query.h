// SPDX-License-Identifier: BSD-3-Clause
// Lookups: a question, and the records that answer it. The command and the HTTP server read sightings only through this.
//
//     struct query (question/question.h) ──query_start──► struct query_run ──query_next──► record, record, …, end
//
// A run works in steps of a few round trips with at most a page of records in memory, so the
// caller can do something else between two steps (QUERY_BUSY) and can stop at any time. If the question is for one name,
// address or target, records come newest first; otherwise in the order in which they are found. query_sorted returns them in
// another order.
#pragma once

#include "collector/alike/alike.h"
#include "collector/query/db.h"
#include "collector/question/question.h"

#include <stdint.h>

// Texts are not terminated, and stay until the next call for the same run.
struct query_record {
	const char *owner, *type, *rdata;
	size_t owner_len, type_len, rdata_len;
	int64_t first, last; // seconds since 1970
	int64_t count;	     // times seen
};

enum query_step {
	QUERY_RECORD,  // there is one
	QUERY_BUSY,    // nothing yet: call again
	QUERY_END,     // that was all
	QUERY_LIMITED, // there is more, beyond the limit
	QUERY_FAILED   // see query_why
};

struct query_run;

// `db` must outlive the run; several runs may take turns on it. NULL without memory.
struct query_run *query_start(const struct query *q, struct query_db *db);
enum query_step query_next(struct query_run *run, struct query_record *record);
const char *query_why(const struct query_run *run);
void query_stop(struct query_run *run); // NULL is fine

// sorted.c: the records of a run in order. Without an order, or with the natural one, it is the run itself;
// otherwise it reads all records and keeps the first `limit` in this order (QUERY_SORTED_MAX at most).
enum { QUERY_SORTED_MAX = 1000000 };
struct query_sorted;
struct query_sorted *query_sorted_start(const struct query *q, struct query_db *db);
enum query_step query_sorted_next(struct query_sorted *s, struct query_record *record);
const char *query_sorted_why(const struct query_sorted *s);
void query_sorted_stop(struct query_sorted *s);

// match.c: true if `name` is the zone or is below it; if its first labels are those of the stem.
bool query_name_is_below(const char *zone, size_t zone_len, const char *name, size_t len);
bool query_name_begins(const char *stem, size_t stem_len, const char *name, size_t len);

// True if `name` is q->name or is below it. Both in the form of Redis keys.
bool query_is_below(const struct query *q, const char *name, size_t len);

// rdata_wire.c: finds the names that RDATA in wire form (q->raw) may point to, for any type. Calls `take` (unless NULL) for
// each; `take` returns 0 to continue. Returns the number of names, or -1 if `take` did not return 0.
int query_raw_targets(const struct query *q, int (*take)(void *arg, const char *name, size_t len), void *arg);
