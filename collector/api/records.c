// SPDX-License-Identifier: BSD-3-Clause
// Makes the records of a query in one of the shapes, step by step (stream.h).
#include "collector/http/answer.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/api/records.h"

#include "collector/query/name_summary.h"
#include "collector/query/rdata_wire.h"
#include "collector/query/rdata.h"
#include "collector/query/record_context.h"

#include <stdlib.h>

enum { BLOCK_SIZE = 32768, FLEX_MAX = 64 };

// An object of flexible search: an owner or RDATA of one type, with the sums of its records.
struct flex {
	uint32_t at, len; // in flex_text: JSON
	char type[TEXT_TYPE_SIZE];
	int64_t first, last, count;
};

struct records {
	struct query_sorted *run;
	enum api_shape shape;
	struct query_format format;
	char sensor[128];
	char keyword[TEXT_NAME_SIZE]; // API_FOUND
	bool begun, failed;
	uint64_t shown;
	int64_t first, last, count, max_count; // summarize
	struct redis_buffer flex_text;
	char flex_key[TEXT_NAME_SIZE]; // the owner or target of `flex`
	size_t flex_key_len;
	struct flex flex[FLEX_MAX];
	size_t flex_len;
	uint64_t flex_offset, flex_limit; // objects to skip, and to show (0: no limit)
	uint64_t flex_shown;
	bool flex_more;			 // there are more objects than the limit
	struct query_name_summary found; // API_FOUND: the name being gathered
	char why[512];
};

static bool is_framed(const struct records *s)
{
	return s->format.framed || (s->shape != API_COF && s->shape != API_FOUND && s->shape != API_CSV &&
					   s->shape != API_DNSDB1 && s->shape != API_SUMMARIZE1);
}

static void put_summary(struct records *s, struct redis_buffer *out)
{
	query_put_text(out, s->shape == API_SUMMARIZE1 ? "{\"count\":" : "{\"obj\":{\"count\":");
	query_put_number(out, s->count);
	query_put_text(out, ",\"num_results\":");
	query_put_number(out, (int64_t)s->shown);
	query_put_text(out, ",\"time_first\":");
	query_put_number(out, s->first);
	query_put_text(out, ",\"time_last\":");
	query_put_number(out, s->last);
	query_put_text(out, s->shape == API_SUMMARIZE1 ? "}\n" : "}}\n");
}

static void put_found(struct records *s, struct redis_buffer *out)
{
	if (s->found.name_len == 0)
		return;
	query_put_text(out, is_framed(s) ? "{\"obj\":" : "");
	query_name_summary_json(out, &s->found, s->keyword);
	query_put_text(out, is_framed(s) ? "}\n" : "\n");
	s->found.name_len = 0;
}

static void put_flex_object(struct records *s, struct redis_buffer *out, const struct flex *f)
{
	query_put_text(out, s->shape == API_FLEX_NAMES ? "{\"obj\":{\"rrname\":" : "{\"obj\":{\"rdata\":");
	query_put(out, s->flex_text.bytes + f->at, f->len);
	query_put_text(out, ",\"rrtype\":");
	query_put_json(out, f->type, strlen(f->type));
	if (!s->format.brief) {
		query_put_text(out, ",\"count\":");
		query_put_number(out, f->count);
		query_put_text(out, ",\"time_first\":");
		query_put_time(out, f->first, &s->format);
		query_put_text(out, ",\"time_last\":");
		query_put_time(out, f->last, &s->format);
	}
	query_put_text(out, "}}\n");
}

static void put_flex(struct records *s, struct redis_buffer *out)
{
	for (size_t i = 0; i < s->flex_len && !s->flex_more; i++) {
		if (s->flex_offset > 0)
			s->flex_offset--;
		else if (s->flex_limit > 0 && s->flex_shown == s->flex_limit)
			s->flex_more = true;
		else {
			put_flex_object(s, out, &s->flex[i]);
			s->flex_shown++;
		}
	}
	s->flex_len = 0;
	out->bad = out->bad || s->flex_text.bad;
	redis_buffer_clear(&s->flex_text);
}

// RDATA as text and in wire form, which dnsdbflex uses for its next requests (rdata/raw).
static void put_flex_rdata(struct redis_buffer *out, const struct query_record *r)
{
	uint8_t wire[QUERY_RDATA_WIRE_SIZE];

	query_put_rdata(out, r);
	size_t size = query_rdata_wire(r, wire, sizeof(wire));
	if (size == 0)
		return;
	query_put_text(out, ",\"raw_rdata\":\"");
	char *at = redis_buffer_room(out, 2 * size + 1);
	for (size_t i = 0; at && i < size; i++)
		at += sprintf(at, "%02X", wire[i]);
	out->size += at ? 2 * size : 0;
	query_put_text(out, "\"");
}

// Adds a record to the object of its type (and RDATA). The records of an owner or target follow each other.
static void add_flex(struct records *s, struct redis_buffer *out, const struct query_record *r)
{
	bool names = s->shape == API_FLEX_NAMES;
	const char *key = r->owner;
	size_t key_len = names ? r->owner_len : query_target(r, &key), i = 0;

	if (key_len >= sizeof(s->flex_key))
		key_len = 0;
	if (s->flex_len == FLEX_MAX || key_len != s->flex_key_len || memcmp(key, s->flex_key, key_len) != 0)
		put_flex(s, out);
	memcpy(s->flex_key, key, s->flex_key_len = key_len);
	uint32_t at = (uint32_t)s->flex_text.size;
	if (names)
		query_put_dotted(&s->flex_text, r->owner, r->owner_len);
	else
		put_flex_rdata(&s->flex_text, r);
	uint32_t len = (uint32_t)s->flex_text.size - at;
	while (i < s->flex_len &&
		(s->flex[i].len != len ||
			memcmp(s->flex_text.bytes + s->flex[i].at, s->flex_text.bytes + at, len) != 0 ||
			strlen(s->flex[i].type) != r->type_len || memcmp(s->flex[i].type, r->type, r->type_len) != 0))
		i++;
	struct flex *f = &s->flex[i];
	if (i == s->flex_len) {
		*f = (struct flex){.at = at, .len = len, .first = r->first, .last = r->last};
		snprintf(f->type, sizeof(f->type), "%.*s", (int)r->type_len, r->type);
		s->flex_len++;
	} else {
		s->flex_text.size = at; // it is in the list already
	}
	f->first = r->first < f->first ? r->first : f->first;
	f->last = r->last > f->last ? r->last : f->last;
	f->count += r->count;
}

static void put_record(struct records *s, struct redis_buffer *out, const struct query_record *r)
{
	s->shown++;
	switch (s->shape) {
	case API_DNSDB:
		query_put_text(out, "{\"obj\":");
		query_json_dnsdb(out, r, &s->format);
		query_put_text(out, "}\n");
		break;
	case API_DNSDB1:
		query_json_dnsdb(out, r, &s->format);
		query_put_text(out, "\n");
		break;
	case API_SUMMARIZE:
	case API_SUMMARIZE1:
		s->first = s->shown == 1 || r->first < s->first ? r->first : s->first;
		s->last = r->last > s->last ? r->last : s->last;
		s->count += r->count;
		break;
	case API_FLEX_NAMES:
	case API_FLEX_RDATA:
		add_flex(s, out, r);
		break;
	case API_FOUND:
		if (query_name_summary_is_full(&s->found, r))
			put_found(s, out);
		query_name_summary_add(&s->found, r);
		break;
	case API_COF:
		query_put_text(out, is_framed(s) ? "{\"obj\":" : "");
		query_json_cof(out, r, &s->format);
		if (s->format.with_context)
			query_context_json(out, s->format.context, r);
		query_put_text(out, is_framed(s) ? "}\n" : "\n");
		break;
	case API_CSV:
		query_csv(out, r);
		if (s->format.with_context)
			query_context_csv(out, s->format.context, r);
		break;
	}
}

static void put_end(struct records *s, struct redis_buffer *out, enum query_step step)
{
	put_flex(s, out);
	if (s->flex_more && step == QUERY_END)
		step = QUERY_LIMITED;
	put_found(s, out);
	if ((s->shape == API_SUMMARIZE || s->shape == API_SUMMARIZE1) && s->shown > 0)
		put_summary(s, out);
	if (!is_framed(s))
		return;
	if (step == QUERY_FAILED) {
		query_put_text(out, "{\"cond\":\"failed\",\"msg\":");
		query_put_json(out, s->why, strlen(s->why));
		query_put_text(out, "}\n");
	} else {
		query_put_text(out, step == QUERY_LIMITED ? "{\"cond\":\"limited\",\"msg\":\"Result limit reached\"}\n"
							  : "{\"cond\":\"succeeded\"}\n");
	}
}

static void put_begin(struct records *s, struct redis_buffer *out)
{
	if (is_framed(s))
		query_put_text(out, "{\"cond\":\"begin\"}\n");
	else if (s->shape == API_CSV)
		query_put_text(out, s->format.with_context ? QUERY_CSV_HEAD_WITH_CONTEXT : QUERY_CSV_HEAD);
	s->begun = true;
}

static enum http_step produce_records(void *arg, struct redis_buffer *out)
{
	struct records *s = arg;
	struct query_record record;
	enum query_step step;

	if (!s->begun)
		put_begin(s, out);
	while ((step = query_sorted_next(s->run, &record)) == QUERY_RECORD) {
		put_record(s, out, &record);
		if (s->flex_more || (s->max_count > 0 && s->count >= s->max_count)) {
			step = QUERY_LIMITED;
			break;
		}
		if (out->size >= BLOCK_SIZE)
			return HTTP_MORE;
	}
	if (step == QUERY_BUSY)
		return HTTP_MORE;
	if (step == QUERY_FAILED) {
		s->failed = true;
		snprintf(s->why, sizeof(s->why), "%s", query_sorted_why(s->run));
	}
	put_end(s, out, step);
	return s->failed && !is_framed(s) ? HTTP_BROKEN : HTTP_END;
}

static void release_records(void *arg)
{
	struct records *s = arg;

	query_sorted_stop(s->run);
	redis_buffer_free(&s->flex_text);
	free(s);
}

// Answers with a status code if the query failed before anything was sent, or if DNSDB version 1 finds nothing.
static bool begin_records(void *arg, struct http_request *r, bool ended)
{
	struct records *s = arg;

	if (s->failed && (s->shown == 0 || !is_framed(s)))
		http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", s->why);
	else if (s->shape == API_DNSDB1 && ended && s->shown == 0)
		http_answer_line(r, MHD_HTTP_NOT_FOUND, "Error: no results found for query.");
	else
		return false;
	return true;
}

static const char *type_of(enum api_shape shape)
{
	return shape == API_CSV ? "text/csv; charset=utf-8" : "application/x-ndjson";
}

enum MHD_Result api_records(struct http_request *r, const struct query *q, enum api_shape shape,
	const struct query_format *format)
{
	struct records *s = calloc(1, sizeof(*s));

	if (!s)
		return MHD_NO;
	s->shape = shape;
	s->format = *format;
	if (format->sensor) {
		snprintf(s->sensor, sizeof(s->sensor), "%s", format->sensor);
		s->format.sensor = s->sensor;
	}
	if (format->keyword)
		snprintf(s->keyword, sizeof(s->keyword), "%s", format->keyword);
	http_param_number(r, "max_count", &s->max_count);
	struct query asked = *q;
	if (shape == API_FLEX_NAMES || shape == API_FLEX_RDATA) { // limit and offset count objects, not records
		s->flex_limit = asked.limit;
		s->flex_offset = asked.offset;
		asked.limit = asked.offset = 0;
	}
	s->run = query_sorted_start(&asked, r->db);
	if (!s->run) {
		free(s);
		return MHD_NO;
	}
	return http_job_stream(r, &(struct http_stream){.type = type_of(shape),
					  .arg = s,
					  .produce = produce_records,
					  .release = release_records,
					  .begin = begin_records});
}
