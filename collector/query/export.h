// SPDX-License-Identifier: BSD-3-Clause
// All records, as fast as Redis hands them out, with a few pages in memory. It has connections of its
// own, so that it can be taken forward by a thread of its own.
//
//     SCAN name:* ──► page of owners ──► ZSCAN name: first: count: of each ──► records
//
// While one page is being shown the next one's commands are on their way. A record that is in Redis
// from the beginning to the end is shown, perhaps twice; nothing is left out in silence: if slots
// of a cluster move meanwhile, it fails.
//
// A cursor says where to go on: "<node>-<run>-<cursor of SCAN>". It is good as long as that node is
// not restarted, for Redis then orders its keys differently; what it does not fit to is refused.
#pragma once

#include "collector/query/query.h"

enum { QUERY_CURSOR_SIZE = 64 };

struct query_export;

// `q`: types, times, limit, offset, cursor. NULL without memory; other failures are reported by the first
// query_export_next.
struct query_export *query_export_start(const struct query *q, const struct redis_settings *redis);

// QUERY_BUSY: a page is done.
enum query_step query_export_next(struct query_export *e, struct query_record *record);
const char *query_export_why(const struct query_export *e);

// Where a later export would go on to show all that this one has not shown yet; empty: at the start.
void query_export_cursor(const struct query_export *e, char out[static QUERY_CURSOR_SIZE]);

// True if a text may be a cursor.
bool query_export_is_cursor(const char *text);

void query_export_stop(struct query_export *e); // NULL is fine
