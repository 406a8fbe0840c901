// SPDX-License-Identifier: BSD-3-Clause
// GET /api/alerts: what the watch rules found, as JSON lines (docs/alerts.md).
//
// With the parameter `cursor` (empty at first) the last line says where the next request continues:
// {"cursor":"…","more":false,"gap":false}. `more`: the limit or the time was reached. `gap`: entries after the cursor of the
// request were removed from the stream.
#include "collector/alert/format.h"
#include "collector/alert/read.h"
#include "collector/api/handlers.h"
#include "collector/http/answer.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCK_SIZE = 32768 };

struct alerts_answer {
	struct query filter; // types, limit
	struct alert_filter of_alerts;
	struct alert_reading reading;
	bool cursors; // the parameter was given
	bool failed;
	uint64_t shown;
	int64_t until_ms; // monotonic
	char why[512];
};

static void release(void *arg)
{
	struct alerts_answer *s = arg;

	alert_reading_end(&s->reading);
	free(s);
}

// The answer ends here: all was read, or (`more`) the limit or the time was reached.
static enum http_step end(struct alerts_answer *s, struct redis_buffer *out, bool more, bool late)
{
	char line[ALERT_ENTRY_SIZE + 64];

	if (late && !s->cursors) { // the client could not know that it is incomplete
		snprintf(s->why, sizeof(s->why), "the lookup took too long (http.time); send cursor= to continue it");
		s->failed = true;
		return HTTP_BROKEN;
	}
	snprintf(line, sizeof(line), "{\"cursor\":\"%s\",\"more\":%s,\"gap\":%s}\n", s->reading.cursor,
		more ? "true" : "false", s->reading.gap ? "true" : "false");
	if (s->cursors)
		query_put_text(out, line);
	return HTTP_END;
}

static enum http_step fail(struct alerts_answer *s, const char *why)
{
	s->failed = true;
	snprintf(s->why, sizeof(s->why), "%s", why);
	return HTTP_BROKEN;
}

// Appends an alert if its type is asked for. False without memory.
static bool put(struct alerts_answer *s, struct redis_buffer *out, const struct alert *a)
{
	if (!query_has_type(&s->filter, a->field[ALERT_TYPE], strlen(a->field[ALERT_TYPE])))
		return true;
	char *json = alert_format_json(a);
	if (json) {
		query_put_text(out, json);
		query_put_text(out, "\n");
		s->shown++;
	}
	free(json);
	return json != NULL;
}

static enum http_step produce(void *arg, struct redis_buffer *out)
{
	struct alerts_answer *s = arg;
	enum alert_step step;
	struct alert a;

	while ((step = alert_reading_next(&s->reading, &a)) == ALERT_FOUND) {
		bool good = put(s, out, &a);
		alert_free(&a);
		if (!good)
			return fail(s, "out of memory");
		if (s->shown == s->filter.limit)
			return end(s, out, true, false);
		if (out->size >= BLOCK_SIZE)
			return HTTP_MORE;
	}
	if (step == ALERT_FAILED)
		return fail(s, s->reading.reader->why);
	if (step == ALERT_END)
		return end(s, out, false, false);
	return (int64_t)monotonic_ms() > s->until_ms ? end(s, out, true, true) : HTTP_MORE;
}

static bool begin(void *arg, struct http_request *r, bool ended)
{
	struct alerts_answer *s = arg;

	if (s->failed)
		http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", s->why);
	return s->failed;
}

static bool is_given(struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name) != NULL;
}

// since, until: when the alert was written. 0, or -1 with `why`.
static int read_times(struct http_request *r, struct alert_filter *f, char *why, size_t why_size)
{
	char text[64], reason[256];
	int64_t at;

	for (int i = 0; i < 2; i++) {
		const char *name = i == 0 ? "since" : "until";
		if (!is_given(r, name))
			continue;
		snprintf(reason, sizeof(reason), "expected a time");
		if (!http_param(r, name, text, sizeof(text)) || (i == 0 ? query_parse_time : query_parse_until)(&at,
									text, time(NULL), reason, sizeof(reason)) != 0)
			return snprintf(why, why_size, "%s: %s", name, reason), -1;
		*(i == 0 ? &f->since_ms : &f->until_ms) = at * 1000 + (i == 0 ? 0 : 999);
	}
	return 0;
}

// 0, or the status code of an error with `why`.
static unsigned read_params(struct http_request *r, struct alerts_answer *s, char *why, size_t why_size)
{
	struct alert_filter *f = &s->of_alerts;
	char cursor[100] = "";
	unsigned code = http_params_typed(r, &s->filter, why, why_size);

	if (code != 0)
		return code;
	if ((is_given(r, "rule") && !http_param(r, "rule", f->rule, sizeof(f->rule))) ||
		(is_given(r, "kind") && !http_param(r, "kind", f->kind, sizeof(f->kind)))) {
		snprintf(why, why_size, "rule, kind: expected names");
		return MHD_HTTP_BAD_REQUEST;
	}
	f->newest_first = http_param_flag(r, "newest", false);
	s->cursors = is_given(r, "cursor");
	if (s->cursors &&
		(!http_param(r, "cursor", cursor, sizeof(cursor)) || (*cursor && !alert_filter_cursor(f, cursor)))) {
		snprintf(why, why_size, "cursor: found '%.60s', expected that of an earlier answer, or nothing",
			cursor);
		return MHD_HTTP_BAD_REQUEST;
	}
	return read_times(r, f, why, why_size) == 0 ? 0 : MHD_HTTP_BAD_REQUEST;
}

enum MHD_Result api_alerts(struct http_request *r)
{
	struct alerts_answer *s = calloc(1, sizeof(*s));
	char why[600];

	if (!s)
		return MHD_NO;
	s->filter = query_make(QUERY_EVERYTHING);
	s->of_alerts = alert_filter_make();
	unsigned code = read_params(r, s, why, sizeof(why));
	if (code != 0) {
		release(s);
		return http_answer_line(r, code, "%s", why);
	}
	s->until_ms = (int64_t)monotonic_ms() + (int64_t)(r->lookups->time_max_s * 1000);
	alert_reading_begin(&s->reading, &r->db->reader, &s->of_alerts);
	return http_job_stream(r, &(struct http_stream){.type = "application/x-ndjson",
					  .arg = s,
					  .produce = produce,
					  .release = release,
					  .begin = begin});
}
