// SPDX-License-Identifier: BSD-3-Clause
// Records as JSON and CSV, one line each, appended to a buffer. What texts hold is ASCII already
// (text/text.h), so JSON needs only its quotes and backslashes escaped.
#pragma once

#include "collector/query/query.h"

struct query_format {
	bool rdata_array;	       // COF: "rdata" as an array of one (exports)
	bool type_numbers;	       // COF: types that not every reader knows by name as decimal numbers (/pdns/)
	bool rdata_lookup;	       // DNSDB: what was looked up is RDATA: a string, and no bailiwick
	bool human_time;	       // DNSDB: times as RFC 3339
	bool brief;		       // DNSDB's flexible search: without count and times
	bool framed;		       // COF: in DNSDB's frame, which says whether that was all
	const char *sensor;	       // COF: sensor_id, or NULL
	const char *keyword;	       // what was looked for, to say why a name matches (http/find.c)
	const struct zone_list *zones; // DNSDB: for the bailiwick
};

// Common Output Format (draft-dulaunoy-dnsop-passive-dns-cof), without the final line feed.
void query_json_cof(struct redis_buffer *out, const struct query_record *r, const struct query_format *f);

// A time as DNSDB writes it.
void query_put_time(struct redis_buffer *out, int64_t time, const struct query_format *f);

// A name as DNSDB writes it, a JSON string: with the final dot.
void query_put_dotted(struct redis_buffer *out, const char *name, size_t len);

// RDATA as DNSDB writes it, a JSON string: names in it with their final dots.
void query_put_rdata(struct redis_buffer *out, const struct query_record *r);

// The object of DNSDB API v2, without its frame and line feed.
void query_json_dnsdb(struct redis_buffer *out, const struct query_record *r, const struct query_format *f);

// RFC 4180; with the line feed. The head line is QUERY_CSV_HEAD.
#define QUERY_CSV_HEAD "rrname,rrtype,rdata,time_first,time_last,count\r\n"
void query_csv(struct redis_buffer *out, const struct query_record *r);

// Pieces: text unchanged, a number, a JSON string with its quotes.
void query_put(struct redis_buffer *out, const char *text, size_t len);
void query_put_text(struct redis_buffer *out, const char *text);
void query_put_number(struct redis_buffer *out, int64_t number);
void query_put_json(struct redis_buffer *out, const char *text, size_t len);

// A JSON string of UTF-8, which is kept; control characters become '?'.
void query_put_utf8(struct redis_buffer *out, const char *text);

// "2024-01-31T12:00:00Z" (or a shorter form that strftime makes). Returns the length.
size_t query_time_text(int64_t time, const char *format, char *out, size_t out_size);
