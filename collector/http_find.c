// SPDX-License-Identifier: BSD-3-Clause
// What the page and programs of our own ask.
//
//     /api/lookup?q=VALUE     records of whatever is pasted, as COF lines or CSV
//     /api/find?q=KEYWORD     names that contain a keyword or look like it, each with its reason
//
// Parameters of both: those of DNSDB (limit, offset, time_…, sort), type; of lookup format=csv. Lookup and
// find put their lines into DNSDB's frame with frame=true; lookup finds who points to a name with
// targets=true, and these besides its own records with targets=also. With as=name the value is a name as it
// stands, whatever else it looks like: "192.0.2.1" and "[.]" are names as well.
#include "collector/http_api.h"

#include <stdio.h>
#include <stdlib.h>

unsigned http_ours_params(struct http_request *r, struct query *q, char *why, size_t why_size)
{
	char types[HTTP_VALUE_SIZE];

	if (http_param(r, "type", types, sizeof(types)) && *types &&
		query_parse_types(q, types, why, why_size) != 0)
		return MHD_HTTP_BAD_REQUEST;
	return http_query_params(r, q, why, why_size);
}

bool http_wants_csv(struct http_request *r)
{
	const char *accept = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	char format[16];

	if (http_param(r, "format", format, sizeof(format)))
		return strcmp(format, "csv") == 0;
	return accept && strncasecmp(accept, "text/csv", 8) == 0;
}

static bool is_framed(struct http_request *r)
{
	return !http_wants_csv(r) && http_param_flag(r, "frame", false);
}

static int parse_lookup(struct http_request *r, struct query *q, char *value, char *why, size_t why_size)
{
	char as[16];

	if (!http_param(r, "q", value, HTTP_VALUE_SIZE))
		return -1;
	if (!http_param(r, "as", as, sizeof(as)) || strcmp(as, "name") != 0)
		return query_parse(q, value, why, why_size);
	q->kind = QUERY_NAME;
	q->name_len = query_to_ascii(value, HTTP_VALUE_SIZE) ? query_name(value, strlen(value), q->name) : 0;
	return q->name_len > 0 ? 0 : snprintf(why, why_size, "'%.100s': expected a name", value);
}

enum MHD_Result http_lookup(struct http_request *r)
{
	char value[HTTP_VALUE_SIZE], why[300] = "q: expected a name, an address, a prefix or a range";
	struct query q = query_make(QUERY_NAME);
	const struct query_format format = {.framed = is_framed(r)};

	if (parse_lookup(r, &q, value, why, sizeof(why)) != 0)
		return http_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	char targets[16] = "";
	if (http_param(r, "targets", targets, sizeof(targets)) && strcmp(targets, "also") == 0) {
		q.with_targets = q.kind == QUERY_NAME;
	} else if (http_param_flag(r, "targets", false)) { // who points to a name, instead of its own records
		if (q.kind == QUERY_ADDRESSES)
			return http_line(r, MHD_HTTP_BAD_REQUEST, "'%.100s': found an address, expected a name: targets are names", value);
		query_to_targets(&q);
	}
	unsigned code = http_ours_params(r, &q, why, sizeof(why));
	if (code == 0 && query_fit_types(&q, why, sizeof(why)) != 0)
		code = MHD_HTTP_BAD_REQUEST;
	if (code != 0)
		return http_line(r, code, "%s", why);
	if (q.order == QUERY_ORDER_NONE) {
		q.order = QUERY_ORDER_LAST;
		q.descending = true;
	}
	return http_stream(r, &q, http_wants_csv(r) ? HTTP_CSV : HTTP_COF, &format);
}

enum MHD_Result http_find(struct http_request *r)
{
	char value[HTTP_VALUE_SIZE], why[300] = "q: expected a part of a name";
	struct query q = query_make(QUERY_KEYWORD);
	const struct query_format format = {.keyword = q.name, .framed = is_framed(r)};

	if (!http_param(r, "q", value, sizeof(value)) ||
		query_parse_keyword(&q, value, why, sizeof(why)) != 0)
		return http_line(r, MHD_HTTP_BAD_REQUEST, "%s", why);
	unsigned code = http_ours_params(r, &q, why, sizeof(why));
	if (code != 0)
		return http_line(r, code, "%s", why);
	q.order = QUERY_ORDER_NONE;
	return http_stream(r, &q, HTTP_FOUND, &format);
}
