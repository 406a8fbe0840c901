// SPDX-License-Identifier: BSD-3-Clause
// Records are added up before they are written: equal ones become one with the earlier first seen, the later last seen and
// their count, and the records of one owner come together.
//
//     count    of events: their sum over all that was put in since gather_new, so that a log may be of any length
//              of totals: the greatest; with `add` their sum
//              of both: the greater
//
// With `add`, a count is what came in since the last time the record was given out.
#pragma once

#include "collector/query/query.h"

struct import_gather;

// The records of one owner, for the call. `count` of each record is what to write. Returns false to stop.
typedef bool import_owner_sink(void *arg, const struct query_record *records, size_t len);

enum { IMPORT_OWNER_RECORDS = 500 }; // of a call, at most; an owner may come in several calls

// NULL without memory. About 60 MiB, and 32 octets for each event record of the whole import (at most 1 GiB).
struct import_gather *import_gather_new(bool add, import_owner_sink *sink, void *arg);
void import_gather_free(struct import_gather *g); // NULL is fine

// Puts a record in; gives all out before, if there is no room. False if the sink stopped.
bool import_gather_put(struct import_gather *g, const struct query_record *record, bool is_event);
bool import_gather_flush(struct import_gather *g);

// Event records whose counts are too low, because there was no room to remember what was given out.
uint64_t import_gather_forgotten(const struct import_gather *g);
