// SPDX-License-Identifier: BSD-3-Clause
// What a keyword search found, one answer a name: its records gathered, and why it answers.
#pragma once

#include "collector/query/json.h"

enum { QUERY_NAME_SUMMARY_TYPES_SIZE = 256 };

struct query_name_summary {
	char name[TEXT_NAME_SIZE]; // empty: none yet
	size_t name_len;
	char types[QUERY_NAME_SUMMARY_TYPES_SIZE]; // "A,AAAA"
	int64_t first, last, count;
};

// Records of one name come one after another. True if the record is of another name than `f`
// gathers: use that one, then call again (with `f->name_len` set to 0).
bool query_name_summary_is_full(const struct query_name_summary *f, const struct query_record *r);
void query_name_summary_add(struct query_name_summary *f, const struct query_record *r);

// {"name":"…","unicode":"…","reason":"…","types":["A"],"time_first":…,"time_last":…,"count":…}
void query_name_summary_json(struct redis_buffer *out, const struct query_name_summary *f, const char *keyword);
