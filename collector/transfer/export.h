// SPDX-License-Identifier: BSD-3-Clause
// Reads all records as fast as Redis returns them, with a few pages in memory. An export has its own connections, so it can
// run in its own thread.
//
//     SCAN name:* ──► page of owners ──► ZSCAN name: first: count: of each ──► records
//
// While one page is returned, the commands of the next page are already sent. A record that is in Redis during the whole
// export is returned, perhaps twice. No record is omitted without an error: if slots of a cluster move during the export, it
// fails.
//
// A cursor says where to continue: "<node>-<run>-<cursor of SCAN>". It is valid until that node restarts, because Redis then
// orders its keys differently. Other cursors are rejected.
#pragma once

#include "collector/query/query.h"

enum { QUERY_CURSOR_SIZE = 64 };

struct transfer_export;

// `q`: types, times, limit, offset, cursor. NULL without memory; other failures are reported by the first
// transfer_export_next.
struct transfer_export *transfer_export_start(const struct query *q, const struct redis_settings *redis);

// QUERY_BUSY: a page is done.
enum query_step transfer_export_next(struct transfer_export *e, struct query_record *record);
const char *transfer_export_why(const struct transfer_export *e);

// The cursor from which a later export returns all records that this one has not returned yet; empty: the start.
void transfer_export_cursor(const struct transfer_export *e, char out[static QUERY_CURSOR_SIZE]);

// True if a text may be a cursor.
bool transfer_export_is_cursor(const char *text);

void transfer_export_stop(struct transfer_export *e); // NULL is fine
