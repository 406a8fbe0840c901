// SPDX-License-Identifier: BSD-3-Clause
// Common Output Format as CIRCL's server speaks it, for PyPDNS, MISP and dnsdbq -u circl.
//
//     /pdns/query/VALUE     records of a name; names of an address, prefix or range
//     /pdns/fquery/VALUE    of a name, also who points to it
//     /pdns/info            what this server is, and its sensors
//
// The same paths without /pdns are those of D4's server.
//
// Paging: the headers `dribble-paginate-count` and `dribble-paginate-cursor` of the request; `x-dribble-cursor` in the answer
// if there is more. `dribble-filter-rrtype` selects types.
#include "collector/http/answer.h"
#include "collector/api/handlers.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/api/records.h"
#include "collector/http/sources.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE_MAX = 5000 };

static const char *header(struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

// The value may contain slashes (a prefix), escaped or not.
static void join_value(struct http_request *r, size_t from, char *out, size_t out_size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = from; i < r->segments && n < out_size; i++)
		n += (size_t)snprintf(out + n, out_size - n, "%s%s", i > from ? "/" : "", r->segment[i]);
}

// One page, complete before it is sent: its header says whether there is another.
struct cof_page {
	struct query_sorted *run;
	uint64_t next; // where the next one begins
	bool more;
	char why[512]; // of a failure
};

static enum http_step produce_page(void *arg, struct redis_buffer *out)
{
	const struct query_format format = {.type_numbers = true};
	struct cof_page *p = arg;
	struct query_record record;
	enum query_step step;

	while ((step = query_sorted_next(p->run, &record)) == QUERY_RECORD) {
		query_json_cof(out, &record, &format);
		query_put_text(out, "\n");
	}
	if (step == QUERY_BUSY)
		return HTTP_MORE;
	p->more = step == QUERY_LIMITED;
	if (step == QUERY_FAILED)
		snprintf(p->why, sizeof(p->why), "%s", query_sorted_why(p->run));
	return HTTP_END;
}

static bool begin_page(void *arg, struct http_request *r, bool ended)
{
	const struct cof_page *p = arg;

	if (*p->why) {
		http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", p->why);
		return true;
	}
	if (p->more)
		snprintf(r->next_page, sizeof(r->next_page), "%llu", (unsigned long long)p->next);
	return false;
}

static void release_page(void *arg)
{
	struct cof_page *p = arg;

	query_sorted_stop(p->run);
	free(p);
}

static enum MHD_Result answer_page(struct http_request *r, struct query *q, uint64_t count, uint64_t cursor)
{
	struct cof_page *p = calloc(1, sizeof(*p));

	q->limit = count == 0 || count > PAGE_MAX ? PAGE_MAX : count;
	q->offset = cursor;
	if (!p)
		return MHD_NO;
	p->next = cursor + q->limit;
	p->run = query_sorted_start(q, r->db);
	if (!p->run) {
		free(p);
		return MHD_NO;
	}
	return http_job_stream(r, &(struct http_stream){.type = "application/x-ndjson",
					  .arg = p,
					  .produce = produce_page,
					  .release = release_page,
					  .begin = begin_page,
					  .whole = true});
}

// A whole number in a header. False if the header is present and not a number.
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

enum MHD_Result api_cof(struct http_request *r)
{
	char value[HTTP_VALUE_SIZE], why[300];
	struct query q = query_make(QUERY_NAME);
	const struct query_format format = {.type_numbers = true};
	size_t at = strcmp(r->segment[0], "pdns") == 0 ? 1 : 0; // D4 has them at the root
	const char *verb = r->segments > at ? r->segment[at] : "", *type = header(r, "dribble-filter-rrtype");
	uint64_t count = 0, cursor = 0;
	bool counted, continued, full = strcmp(verb, "fquery") == 0;

	if (at == 1 && strcmp(verb, "info") == 0 && r->segments == 2)
		return api_info(r);
	if (r->segments < at + 2 || (!full && strcmp(verb, "query") != 0))
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST,
			"path: expected /pdns/query/VALUE or /pdns/fquery/VALUE");
	join_value(r, at + 1, value, sizeof(value));
	if (query_parse(&q, value, why, sizeof(why)) != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	q.with_targets = full && q.kind == QUERY_NAME;
	q.no_placeholders = true;
	if (type && *type && query_parse_types(&q, type, why, sizeof(why)) != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "dribble-filter-rrtype: %s", why);
	unsigned code = http_params_query(r, &q, why, sizeof(why));
	if (code != 0)
		return http_answer_line(r, code, "%s", why);
	if (!header_number(r, "dribble-paginate-count", &count, &counted) ||
		!header_number(r, "dribble-paginate-cursor", &cursor, &continued))
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST,
			"dribble-paginate-count, dribble-paginate-cursor: expected whole numbers");
	if (counted || continued)
		return answer_page(r, &q, count, cursor);
	if (!MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "limit"))
		q.limit = r->lookups->results_max;
	return api_records(r, &q, API_COF, &format);
}

enum MHD_Result api_info(struct http_request *r)
{
	const struct http_sources *sources = r->lookups->sources;
	struct redis_buffer body = {0};

	body.bytes = sources->info(sources->report, &body.size);
	body.capacity = body.size;
	return body.bytes ? http_answer_body(r, MHD_HTTP_OK, "application/json", &body) : MHD_NO;
}
