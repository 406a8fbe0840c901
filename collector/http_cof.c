// SPDX-License-Identifier: BSD-3-Clause
// Common Output Format as CIRCL's server speaks it, for PyPDNS, MISP and dnsdbq -u circl.
//
//     /pdns/query/VALUE     records of a name; names of an address, prefix or range
//     /pdns/fquery/VALUE    of a name, also who points to it
//
// Paging: `dribble-paginate-count` and `-cursor` come in; `x-dribble-cursor` goes out where there
// is more. `dribble-filter-rrtype` narrows.
#include "collector/http_api.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE_MAX = 5000 };

static const char *header(struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

// The value may hold slashes (a prefix), escaped or not.
static void join_value(struct http_request *r, size_t from, char *out, size_t out_size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = from; i < r->segments && n < out_size; i++)
		n += (size_t)snprintf(out + n, out_size - n, "%s%s", i > from ? "/" : "", r->segment[i]);
}

// One page, whole, since its header tells whether there is another.
static enum MHD_Result answer_page(struct http_request *r, struct query *q, uint64_t count, uint64_t cursor)
{
	struct query_format format = {.sensor = NULL};
	struct redis_buffer body = {0};
	struct query_record record;
	enum query_step step;

	q->limit = count == 0 || count > PAGE_MAX ? PAGE_MAX : count;
	q->offset = cursor;
	struct query_sorted *run = query_sorted_start(q, &r->api->db);
	if (!run)
		return MHD_NO;
	while ((step = query_sorted_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY) {
		if (step == QUERY_BUSY)
			continue;
		query_json_cof(&body, &record, &format);
		query_put_text(&body, "\n");
	}
	if (step == QUERY_FAILED || body.bad) {
		redis_buffer_free(&body);
		enum MHD_Result result =
			http_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", query_sorted_why(run));
		query_sorted_stop(run);
		return result;
	}
	query_sorted_stop(run);
	struct MHD_Response *response =
		MHD_create_response_from_buffer(body.size, body.bytes, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		redis_buffer_free(&body);
		return MHD_NO;
	}
	char next[24];
	snprintf(next, sizeof(next), "%llu", (unsigned long long)(cursor + q->limit));
	if (step == QUERY_LIMITED)
		MHD_add_response_header(response, "x-dribble-cursor", next);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/x-ndjson");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	enum MHD_Result result = MHD_queue_response(r->connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

// A whole number in a header. False where it is there and none.
static bool header_number(struct http_request *r, const char *name, uint64_t *out, bool *there)
{
	const char *text = header(r, name);
	char *end;

	*there = text != NULL;
	if (!text)
		return true;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

enum MHD_Result http_cof(struct http_request *r)
{
	char value[HTTP_VALUE_SIZE], why[300];
	struct query q = query_make(QUERY_NAME);
	const struct query_format format = {.sensor = NULL};
	const char *verb = r->segments > 1 ? r->segment[1] : "", *type = header(r, "dribble-filter-rrtype");
	uint64_t count = 0, cursor = 0;
	bool counted, continued, full = strcmp(verb, "fquery") == 0;

	if (r->segments < 3 || (!full && strcmp(verb, "query") != 0))
		return http_line(r, MHD_HTTP_BAD_REQUEST, "expected /pdns/query/VALUE or /pdns/fquery/VALUE");
	join_value(r, 2, value, sizeof(value));
	if (query_parse(&q, value, why, sizeof(why)) != 0)
		return http_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	q.with_targets = full && q.kind == QUERY_NAME;
	if (type && *type && query_parse_types(&q, type, why, sizeof(why)) != 0)
		return http_line(r, MHD_HTTP_BAD_REQUEST, "dribble-filter-rrtype: %s", why);
	unsigned code = http_query_params(r, &q, why, sizeof(why));
	if (code != 0)
		return http_line(r, code, "%s", why);
	if (!header_number(r, "dribble-paginate-count", &count, &counted) ||
		!header_number(r, "dribble-paginate-cursor", &cursor, &continued))
		return http_line(
			r, MHD_HTTP_BAD_REQUEST, "dribble-paginate-count and -cursor: expected numbers");
	if (counted || continued)
		return answer_page(r, &q, count, cursor);
	if (!MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "limit"))
		q.limit = r->api->results_max;
	return http_stream(r, &q, HTTP_COF, &format);
}
