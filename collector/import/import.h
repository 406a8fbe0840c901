// SPDX-License-Identifier: BSD-3-Clause
// Records of other programs: what is read from a file, unit by unit.
//
//     octets ──split.h──► lines and JSON values ──import_take──► a format of the table ──► records ──► gather.h
//
// The format of each unit is recognized by its content, unless one is forced. A unit that is not understood is refused with a
// reason; what is understood but says nothing that can be stored (queries, errors, other events) is passed over.
#pragma once

#include "collector/query/query.h"

struct import;
struct import_format;

// Called for each record; its texts last for the call. `is_event`: it is one answer, or `count` answers, of a log: counts of the
// same record add up. Otherwise the count is a total of another store. Returns false to stop.
typedef bool import_sink(void *arg, const struct query_record *record, bool is_event);

enum { IMPORT_WHY_SIZE = 256 };

// What one unit came to.
struct import_result {
	const struct import_format *format; // NULL: none was recognized, or the unit is blank
	uint64_t records;		    // given to the sink
	uint64_t refused;		    // records, or the whole unit; the first reason is in `why`
	uint64_t passed;		    // records or messages that are understood, but not stored
	bool stopped;			    // the sink returned false
	char why[IMPORT_WHY_SIZE];	    // one line; empty if nothing was refused
};

// `only`: the format to read, or NULL to recognize it. NULL without memory. One thread at a time.
struct import *import_new(const struct import_format *only, import_sink *sink, void *arg);
void import_free(struct import *m); // NULL is fine

// Another file begins: forgets the columns of a Zeek log.
void import_begin(struct import *m);

// Takes one unit, a line or a JSON value, without its line feed.
struct import_result import_take(struct import *m, const char *text, size_t len);

// The format of that name, NULL if there is none; its name; all names, separated by commas.
const struct import_format *import_format_named(const char *name);
const char *import_format_name(const struct import_format *format);
const char *import_format_names(char *out, size_t out_size);
