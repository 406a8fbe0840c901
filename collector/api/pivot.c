// SPDX-License-Identifier: BSD-3-Clause
// GET /api/pivot: from indicators to the infrastructure they belong to (collector/pivot/), as JSON lines, CSV, GraphML or DOT.
//
//     q=VALUE      names and addresses, separated by blanks or commas
//     as=name      one name, in any case
//     depth, score, limit, since, until, through_shared, format
#include "collector/api/handlers.h"
#include "collector/http/answer.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/http/sources.h"
#include "collector/pivot/pivot.h"
#include "collector/question/paste.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INDICATORS_MAX = 100, NODES = 20000, COMMANDS = 100000 };

struct pivot_answer {
	struct pivot *pivot;
	void (*put)(struct redis_buffer *out, const struct pivot *p);
	size_t added;
	bool refused, failed;
	char why[512];
};

static void release(void *arg)
{
	struct pivot_answer *a = arg;

	pivot_stop(a->pivot);
	free(a);
}

static enum http_step produce(void *arg, struct redis_buffer *out)
{
	struct pivot_answer *a = arg;

	switch (pivot_step(a->pivot)) {
	case PIVOT_BUSY:
		return HTTP_MORE;
	case PIVOT_END:
		a->put(out, a->pivot);
		return HTTP_END;
	default:
		a->failed = true;
		snprintf(a->why, sizeof(a->why), "%s", pivot_why(a->pivot));
		return HTTP_BROKEN;
	}
}

static bool begin(void *arg, struct http_request *r, bool ended)
{
	struct pivot_answer *a = arg;

	if (a->failed)
		http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", a->why);
	return a->failed;
}

// --- parameters

static void add(void *arg, const char *item, bool several)
{
	struct pivot_answer *a = arg;

	if (a->refused)
		return;
	if (a->added == INDICATORS_MAX) {
		snprintf(a->why, sizeof(a->why), "q: found more than %d indicators", INDICATORS_MAX);
		a->refused = true;
	} else if (pivot_add(a->pivot, item, a->why, sizeof(a->why)) != 0) {
		a->refused = true;
	}
	a->added++;
}

// A number within bounds. 0, or -1 with `why`.
static int read_number(struct http_request *r, const char *name, int64_t most, int64_t *out, struct pivot_answer *a)
{
	if (http_param_number(r, name, out) == 0 && *out >= 0 && *out <= most)
		return 0;
	snprintf(a->why, sizeof(a->why), "%s: expected a number from 0 to %lld", name, (long long)most);
	return -1;
}

static int read_time(struct http_request *r, const char *name, bool until, int64_t *out, struct pivot_answer *a)
{
	char text[64], reason[256];

	if (!http_param(r, name, text, sizeof(text)))
		return 0;
	if ((until ? query_parse_until : query_parse_time)(out, text, time(NULL), reason, sizeof(reason)) == 0)
		return 0;
	snprintf(a->why, sizeof(a->why), "%s: %s", name, reason);
	return -1;
}

static int read_score(struct http_request *r, struct pivot_options *o, struct pivot_answer *a)
{
	char text[32], *end;

	if (!http_param(r, "score", text, sizeof(text)))
		return 0;
	o->score = strtod(text, &end);
	if (*text && !*end && o->score >= 0.1 && o->score <= 1)
		return 0;
	snprintf(a->why, sizeof(a->why), "score: expected a number from 0.1 to 1");
	return -1;
}

static int read_options(struct http_request *r, struct pivot_options *o, struct pivot_answer *a)
{
	int64_t depth = PIVOT_DEPTH, limit = HTTP_LIMIT_DEFAULT, most = (int64_t)r->lookups->results_max;

	if (read_number(r, "depth", PIVOT_DEPTH_MAX, &depth, a) != 0 ||
		read_number(r, "limit", INT32_MAX, &limit, a) != 0 || read_time(r, "since", false, &o->since, a) != 0 ||
		read_time(r, "until", true, &o->until, a) != 0 || read_score(r, o, a) != 0)
		return -1;
	o->depth = (unsigned)depth;
	o->limit = (size_t)(limit == 0 || limit > most ? most : limit);
	o->through_shared = http_param_flag(r, "through_shared", false);
	o->nodes = NODES;
	o->commands = COMMANDS;
	o->time_s = r->lookups->time_max_s;
	o->context = r->lookups->sources->context;
	return 0;
}

// The format. NULL with `why`.
static const char *read_format(struct http_request *r, struct pivot_answer *a)
{
	static const struct {
		const char *name, *type;
		void (*put)(struct redis_buffer *out, const struct pivot *p);
	} formats[] = {{"json", "application/x-ndjson", pivot_put_json},
		{"csv", "text/csv; charset=utf-8", pivot_put_csv},
		{"graphml", "application/graphml+xml", pivot_put_graphml}, {"dot", "text/vnd.graphviz", pivot_put_dot}};
	char text[32];

	if (!http_param(r, "format", text, sizeof(text)))
		snprintf(text, sizeof(text), http_params_csv(r) ? "csv" : "json");
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, text) != 0)
			continue;
		a->put = formats[i].put;
		return formats[i].type;
	}
	snprintf(a->why, sizeof(a->why), "format: expected json, csv, graphml or dot");
	return NULL;
}

// The parameter q. False with `why`.
static bool read_indicators(struct http_request *r, struct pivot_answer *a)
{
	char value[HTTP_VALUE_SIZE], as[16];

	snprintf(a->why, sizeof(a->why), "q: expected names or addresses");
	if (!http_param(r, "q", value, sizeof(value)))
		return false;
	if (http_param(r, "as", as, sizeof(as)) && strcmp(as, "name") == 0)
		return pivot_add_name(a->pivot, value, a->why, sizeof(a->why)) == 0;
	return query_paste_items(value, add, a) != SIZE_MAX && a->added > 0 && !a->refused;
}

enum MHD_Result api_pivot(struct http_request *r)
{
	struct pivot_answer *a = calloc(1, sizeof(*a));
	struct pivot_options o = pivot_options_make();

	if (!a)
		return MHD_NO;
	const char *type = read_format(r, a);
	bool good = type && read_options(r, &o, a) == 0 && (a->pivot = pivot_start(r->db, &o)) != NULL &&
		    read_indicators(r, a);
	if (!good) {
		enum MHD_Result result = http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s", a->why);
		release(a);
		return result;
	}
	return http_job_stream(r, &(struct http_stream){.type = type,
					  .arg = a,
					  .produce = produce,
					  .release = release,
					  .begin = begin,
					  .whole = true});
}
