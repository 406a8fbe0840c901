// SPDX-License-Identifier: BSD-3-Clause
// The result of a keyword search, one entry per name: a summary of its records, and why the name matches.
#pragma once

#include "collector/query/json.h"

enum { QUERY_NAME_SUMMARY_TYPES_SIZE = 256 };

struct query_name_summary {
	char name[TEXT_NAME_SIZE]; // empty: none yet
	size_t name_len;
	char types[QUERY_NAME_SUMMARY_TYPES_SIZE]; // "A,AAAA"
	int64_t first, last, count;
};

// The records of one name must come one after another. True if the record belongs to the next name: use
// the summary in `f`, set `f->name_len` to 0, and call again with the same record.
bool query_name_summary_is_full(const struct query_name_summary *f, const struct query_record *r);
void query_name_summary_add(struct query_name_summary *f, const struct query_record *r);

// {"name":"…","unicode":"…","reason":"…","types":["A"],"time_first":…,"time_last":…,"count":…}
void query_name_summary_json(struct redis_buffer *out, const struct query_name_summary *f, const char *keyword);
