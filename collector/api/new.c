// SPDX-License-Identifier: BSD-3-Clause
// GET /api/new: newly observed records, names or registered domains, as JSON lines, CSV or plain names.
//
// With the parameter `cursor` (empty at first) the last line says where the next request continues:
// {"cursor":"…","more":false,"gap":false,"trimmed":false,"oldest":…}, or "# cursor …" in CSV and plain text. `more`: the limit or the time was
// reached. `gap`: entries after the cursor of the request were removed from the stream. `trimmed`: the stream is full, and entries
// older than `oldest` were removed.
#include "collector/api/handlers.h"
#include "collector/http/answer.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/http/sources.h"
#include "collector/newly/newly.h"
#include "collector/newly/suffixes.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCK_SIZE = 32768 };

enum shape { SHAPE_JSON, SHAPE_CSV, SHAPE_PLAIN };

struct new_answer {
	struct newly_options options;
	struct query filter;
	struct newly_suffixes *suffixes;
	char rule[HTTP_VALUE_SIZE];
	struct newly_run *run;
	enum shape shape;
	struct newly_format format;
	bool cursors; // the parameter was given
	bool begun, failed;
	uint64_t shown;
	int64_t until_ms; // monotonic
	char why[512];
};

static void release(void *arg)
{
	struct new_answer *s = arg;

	newly_stop(s->run);
	newly_suffixes_free(s->suffixes);
	free(s);
}

static void put_item(const struct new_answer *s, struct redis_buffer *out, const struct newly_item *item)
{
	if (s->shape == SHAPE_CSV)
		newly_csv(out, item, &s->format);
	else if (s->shape == SHAPE_PLAIN)
		newly_plain(out, item);
	else
		newly_json(out, item, &s->format);
}

static void put_cursor(const struct new_answer *s, struct redis_buffer *out, bool more)
{
	bool lines = s->shape == SHAPE_JSON;

	query_put_text(out, lines ? "{\"cursor\":\"" : "# cursor ");
	query_put_text(out, newly_cursor(s->run));
	if (lines) {
		query_put_text(out, more ? "\",\"more\":true" : "\",\"more\":false");
		query_put_text(out, newly_has_gap(s->run) ? ",\"gap\":true" : ",\"gap\":false");
		query_put_text(out, newly_is_trimmed(s->run) ? ",\"trimmed\":true" : ",\"trimmed\":false");
		query_put_text(out, ",\"oldest\":");
		query_put_number(out, newly_oldest(s->run));
		query_put_text(out, "}");
	}
	query_put_text(out, s->shape == SHAPE_CSV ? "\r\n" : "\n");
}

// The answer ends here: all was read, or (`more`) the limit or the time was reached.
static enum http_step end(struct new_answer *s, struct redis_buffer *out, bool more, bool late)
{
	if (late && !s->cursors) { // the client could not know that it is incomplete
		snprintf(s->why, sizeof(s->why), "the lookup took too long (http.time); send cursor= to continue it");
		s->failed = true;
		return HTTP_BROKEN;
	}
	if (s->cursors)
		put_cursor(s, out, more);
	return HTTP_END;
}

static enum http_step produce(void *arg, struct redis_buffer *out)
{
	struct new_answer *s = arg;
	struct newly_item item;
	enum query_step step;

	if (!s->begun && s->shape == SHAPE_CSV)
		newly_csv_head(out, &s->format);
	s->begun = true;
	while ((step = newly_next(s->run, &item)) == QUERY_RECORD) {
		put_item(s, out, &item);
		if (++s->shown == s->filter.limit)
			return end(s, out, true, false);
		if (out->size >= BLOCK_SIZE)
			return HTTP_MORE;
	}
	if (step == QUERY_FAILED) {
		s->failed = true;
		snprintf(s->why, sizeof(s->why), "%s", newly_why(s->run));
		return HTTP_BROKEN;
	}
	if (step == QUERY_END)
		return end(s, out, false, false);
	return (int64_t)monotonic_ms() > s->until_ms ? end(s, out, true, true) : HTTP_MORE;
}

static bool begin(void *arg, struct http_request *r, bool ended)
{
	struct new_answer *s = arg;

	if (s->failed)
		http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", s->why);
	return s->failed;
}

// --- parameters

static bool is_given(struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name) != NULL;
}

// since, until: first seen; the same as time_first_after, time_first_before.
static int read_times(struct http_request *r, struct query *filter, char *why, size_t why_size)
{
	char text[64], reason[256];

	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "since" : "until";
		int64_t *at = i == 0 ? &filter->first_after : &filter->first_before;
		if (!is_given(r, name))
			continue;
		snprintf(reason, sizeof(reason), "expected a time");
		if (!http_param(r, name, text, sizeof(text)) ||
			(i == 0 ? query_parse_time : query_parse_until)(at, text, time(NULL), reason, sizeof(reason)) !=
				0) {
			snprintf(why, why_size, "%s: %s", name, reason);
			return -1;
		}
	}
	return 0;
}

// tld, zone. 0, or -1 with `why`.
static int read_suffixes(struct http_request *r, struct new_answer *s, char *why, size_t why_size)
{
	static const char *const names[] = {"tld", "zone"};
	char list[HTTP_VALUE_SIZE], reason[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!http_param(r, names[i], list, sizeof(list)) || !*list)
			continue;
		if (!s->suffixes && !(s->suffixes = newly_suffixes_new()))
			return snprintf(why, why_size, "out of memory"), -1;
		if (newly_suffixes_add(s->suffixes, list, reason, sizeof(reason)) != 0)
			return snprintf(why, why_size, "%s: %s", names[i], reason), -1;
	}
	s->options.suffixes = s->suffixes;
	return 0;
}

static int read_shape(struct http_request *r, enum shape *shape, char *why, size_t why_size)
{
	char format[HTTP_VALUE_SIZE];

	*shape = http_params_csv(r) ? SHAPE_CSV : SHAPE_JSON;
	if (!http_param(r, "format", format, sizeof(format)) || !*format || strcmp(format, "csv") == 0 ||
		strcmp(format, "json") == 0)
		return 0;
	*shape = SHAPE_PLAIN;
	if (strcmp(format, "plain") == 0)
		return 0;
	return snprintf(why, why_size, "format: found '%.40s', expected json, csv or plain", format), -1;
}

// 0, or the status code of an error with `why`.
static unsigned read_params(struct http_request *r, struct new_answer *s, char *why, size_t why_size)
{
	char depth[32] = "record", cursor[100] = "";
	unsigned code = http_params_typed(r, &s->filter, why, why_size);

	if (code != 0)
		return code;
	if (is_given(r, "depth"))
		http_param(r, "depth", depth, sizeof(depth));
	s->cursors = is_given(r, "cursor");
	if (s->cursors && !http_param(r, "cursor", cursor, sizeof(cursor)))
		strcpy(cursor, "?");
	if (is_given(r, "rule") && http_param(r, "rule", s->rule, sizeof(s->rule)) && *s->rule)
		s->options.rule = s->rule;
	s->format = (struct newly_format){http_param_flag(r, "context", false), r->lookups->sources->context};
	s->options.history = http_param_flag(r, "history", false);
	s->options.newest_first = http_param_flag(r, "newest", false);
	if (newly_parse_depth(&s->options.depth, depth, why, why_size) != 0 ||
		(*cursor && newly_parse_cursor(s->options.cursor, cursor, why, why_size) != 0) ||
		read_times(r, &s->filter, why, why_size) != 0 || read_suffixes(r, s, why, why_size) != 0 ||
		read_shape(r, &s->shape, why, why_size) != 0)
		return MHD_HTTP_BAD_REQUEST;
	return 0;
}

enum MHD_Result api_new(struct http_request *r)
{
	static const char *const types[] = {[SHAPE_JSON] = "application/x-ndjson",
		[SHAPE_CSV] = "text/csv; charset=utf-8",
		[SHAPE_PLAIN] = "text/plain; charset=utf-8"};
	struct new_answer *s = calloc(1, sizeof(*s));
	char why[600];

	if (!s)
		return MHD_NO;
	s->filter = query_make(QUERY_EVERYTHING);
	s->options.filter = &s->filter;
	unsigned code = read_params(r, s, why, sizeof(why));
	if (code != 0) {
		release(s);
		return http_answer_line(r, code, "%s", why);
	}
	s->until_ms = (int64_t)monotonic_ms() + (int64_t)(r->lookups->time_max_s * 1000);
	s->run = newly_start(&s->options, r->db);
	if (!s->run) {
		release(s);
		return MHD_NO;
	}
	return http_job_stream(r, &(struct http_stream){.type = types[s->shape],
					  .arg = s,
					  .produce = produce,
					  .release = release,
					  .begin = begin});
}
