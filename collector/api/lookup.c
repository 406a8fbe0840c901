// SPDX-License-Identifier: BSD-3-Clause
// /api/lookup and /api/find, for the web page and for programs.
//
//     /api/lookup?q=VALUE     records of a name, address, prefix, range, or a list of them, as COF lines or CSV
//     /api/find?q=KEYWORD     names that contain a keyword or look like it, each with its reason
//
// A list is looked up only if all its items are understood. Parameters of both: those of DNSDB (limit, offset, time_…, sort),
// type, and frame=true for DNSDB's frame. Of lookup: format=csv; targets=true for records that point to the name,
// targets=also for both; context=true for what local files say about each record (context/); as=name to read the value as a name in any case ("192.0.2.1", "[.]").
#include "collector/http/answer.h"
#include "collector/api/handlers.h"
#include "collector/http/params.h"
#include "collector/api/records.h"
#include "collector/http/sources.h"
#include "collector/question/paste.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_framed(struct http_request *r)
{
	return !http_params_csv(r) && http_param_flag(r, "frame", false);
}

enum { LOOKUP_MAX = 100 };

// The questions of one lookup.
struct lookup {
	struct query *of; // one after another; owned
	size_t len;
	bool failed;
	char *why;
	size_t why_size;
};

static void add(struct lookup *a, const struct query *value)
{
	struct query *grown = realloc(a->of, (a->len + 1) * sizeof(*grown));

	if (!grown) {
		snprintf(a->why, a->why_size, "out of memory");
		a->failed = true;
		return;
	}
	a->of = grown;
	a->of[a->len++] = *value;
}

static void take_item(void *arg, const char *item, bool several)
{
	struct lookup *a = arg;
	struct query_paste p = {.q = query_make(QUERY_NAME)};

	if (a->failed)
		return;
	if (a->len == LOOKUP_MAX) {
		snprintf(a->why, a->why_size, "q: found more than %d items; use POST /api/bulk", LOOKUP_MAX);
		a->failed = true;
	} else if (several ? query_understand_item(&p, item, a->why, a->why_size) != 0
			   : query_parse(&p.q, item, a->why, a->why_size) != 0) {
		a->failed = true; // nobody would notice what is missing
	} else {
		add(a, &p.q);
	}
}

// 0, or -1 with `why`.
static int parse_lookup(struct http_request *r, struct lookup *a)
{
	char value[HTTP_VALUE_SIZE], as[16];
	struct query q = query_make(QUERY_NAME);

	snprintf(a->why, a->why_size, "q: expected a name, an address, a prefix or a range");
	if (!http_param(r, "q", value, sizeof(value)))
		return -1;
	if (!http_param(r, "as", as, sizeof(as)) || strcmp(as, "name") != 0)
		return query_paste_items(value, take_item, a) == SIZE_MAX || a->failed || a->len == 0 ? -1 : 0;
	q.name_len = query_to_ascii(value, sizeof(value)) ? query_name(value, strlen(value), q.name) : 0;
	if (q.name_len == 0)
		return snprintf(a->why, a->why_size, "'%.100s': expected a name", value), -1;
	add(a, &q);
	return a->failed ? -1 : 0;
}

// Asks for records that point to the name: in addition (`also`) or instead. 0, or -1 with `why`.
static int ask_for_targets(struct query *q, bool also, char *why, size_t why_size)
{
	if (also) {
		q->with_targets = q->kind == QUERY_NAME;
	} else if (q->kind == QUERY_ADDRESSES) {
		snprintf(why, why_size, "targets: found an address, expected a name");
		return -1;
	} else {
		query_to_targets(q);
	}
	return 0;
}

// Reads the parameters into each question. 0, or the status code of an error with `why`.
static unsigned lookup_params(struct http_request *r, struct lookup *a)
{
	struct query params = query_make(QUERY_NAME);
	char targets[16] = "";
	bool also = http_param(r, "targets", targets, sizeof(targets)) && strcmp(targets, "also") == 0;
	bool instead = !also && http_param_flag(r, "targets", false);
	unsigned code = http_params_typed(r, &params, a->why, a->why_size);

	if (params.order == QUERY_ORDER_NONE) {
		params.order = QUERY_ORDER_LAST;
		params.descending = true;
	}
	for (size_t i = 0; i < a->len && code == 0; i++) {
		struct query one = params;
		query_take_value(&one, &a->of[i]);
		if (((also || instead) && ask_for_targets(&one, also, a->why, a->why_size) != 0) ||
			query_fit_types(&one, a->why, a->why_size) != 0)
			code = MHD_HTTP_BAD_REQUEST;
		a->of[i] = one;
	}
	return code;
}

enum MHD_Result api_lookup(struct http_request *r)
{
	char why[300];
	struct lookup a = {.why = why, .why_size = sizeof(why)};
	const struct query_format format = {.framed = is_framed(r),
		.with_context = http_param_flag(r, "context", false),
		.context = r->lookups->sources->context,
		.with_domain = http_param_flag(r, "domain", false),
		.zones = r->lookups->sources->zones};
	unsigned code = parse_lookup(r, &a) != 0 ? MHD_HTTP_BAD_REQUEST : lookup_params(r, &a);

	if (code != 0) {
		free(a.of);
		return http_answer_line(r, code, "%s", why);
	}
	struct query first = a.of[0];
	first.also = a.of + 1;
	first.also_len = a.len - 1;
	enum MHD_Result result = api_records(r, &first, http_params_csv(r) ? API_CSV : API_COF, &format);
	free(a.of);
	return result;
}

enum MHD_Result api_find(struct http_request *r)
{
	char value[HTTP_VALUE_SIZE], why[300] = "q: expected a part of a name";
	struct query q = query_make(QUERY_KEYWORD);
	const struct query_format format = {.keyword = q.name, .framed = is_framed(r)};

	int result =
		http_param(r, "q", value, sizeof(value)) ? query_parse_keyword(&q, value, why, sizeof(why)) : -EINVAL;
	if (result != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s%s", why,
			result == -ENOTSUP ? "; for patterns use /dnsdb/v2/glob/rrnames/" : "");
	unsigned code = http_params_typed(r, &q, why, sizeof(why));
	if (code != 0)
		return http_answer_line(r, code, "%s", why);
	q.order = QUERY_ORDER_NONE;
	return api_records(r, &q, API_FOUND, &format);
}
