// SPDX-License-Identifier: BSD-3-Clause
// Records as JSON and CSV, one line each, appended to a buffer. The texts are ASCII already
// (text/text.h), so JSON only needs quotes and backslashes escaped.
#pragma once

#include "collector/context/context.h"
#include "collector/query/query.h"

struct query_format {
	bool rdata_array;	       // COF: "rdata" as an array of one (exports)
	bool type_numbers;	       // COF: numbers for types that not every client knows by name (/pdns/)
	bool rdata_lookup;	       // DNSDB: the question was for RDATA: rdata is a string, no bailiwick
	bool human_time;	       // DNSDB: times as RFC 3339
	bool brief;		       // DNSDB's flexible search: without count and times
	bool framed;		       // COF: in DNSDB's frame, which reports whether the answer is complete
	const char *sensor;	       // COF: sensor_id, or NULL
	const char *keyword;	       // the keyword of the question, to report why a name matches
	const struct zone_list *zones; // DNSDB: for the bailiwick; COF: for the registered domain
	bool with_domain;	       // COF: with the registered domain of the owner, if it has one
	bool with_context;	       // COF, CSV: with what `context` says about the record
	const struct context *context; // or NULL
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

// A field of CSV, with its quotes (RFC 4180).
void query_put_csv(struct redis_buffer *out, const char *text, size_t len);

// A JSON string in UTF-8, unchanged; control characters become '?'.
void query_put_utf8(struct redis_buffer *out, const char *text);

// "2024-01-31T12:00:00Z" (or a shorter form that strftime makes). Returns the length.
size_t query_time_text(int64_t time, const char *format, char *out, size_t out_size);
