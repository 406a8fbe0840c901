// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

bool http_param(struct http_request *r, const char *name, char *out, size_t out_size)
{
	char plain[HTTP_VALUE_SIZE * 3];
	const char *value = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);

	if (!value || strlen(value) >= sizeof(plain))
		return false;
	strcpy(plain, value);
	for (char *p = plain; *p; p++)
		if (*p == '+')
			*p = ' ';
	return query_percent_decode(plain, strlen(plain), out, out_size) != SIZE_MAX;
}

int http_param_number(struct http_request *r, const char *name, int64_t *out)
{
	char text[32], *end;

	if (!MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name))
		return 0;
	if (!http_param(r, name, text, sizeof(text)) || !*text)
		return -1;
	*out = strtoll(text, &end, 10);
	return *end == '\0' && (*text == '-' || (*text >= '0' && *text <= '9')) ? 0 : -1;
}

bool http_param_flag(struct http_request *r, const char *name, bool def)
{
	char text[16];

	if (!http_param(r, name, text, sizeof(text)))
		return def;
	return strcasecmp(text, "true") == 0 || strcasecmp(text, "t") == 0 || strcmp(text, "1") == 0 ||
	       strcasecmp(text, "yes") == 0 || strcasecmp(text, "y") == 0;
}

static int time_param(struct http_request *r, const char *name, int64_t *at, char *why, size_t why_size)
{
	bool until = strstr(name, "_before") != NULL;
	char text[64], reason[256];

	if (!MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name))
		return 0;
	if (!http_param(r, name, text, sizeof(text)))
		snprintf(reason, sizeof(reason), "expected seconds since 1970, or negative seconds from now");
	else if ((until ? query_parse_until : query_parse_time)(at, text, time(NULL), reason, sizeof(reason)) == 0)
		return 0;
	snprintf(why, why_size, "%s: %s", name, reason);
	return -1;
}

unsigned http_params_query(struct http_request *r, struct query *q, char *why, size_t why_size)
{
	int64_t limit = HTTP_LIMIT_DEFAULT, offset = 0;
	char order[HTTP_VALUE_SIZE];

	q->time_max_s = r->lookups->time_max_s;
	if (http_param_number(r, "limit", &limit) != 0 || limit < 0 || http_param_number(r, "offset", &offset) != 0 ||
		offset < 0) {
		snprintf(why, why_size, "limit, offset: expected whole numbers from 0");
		return MHD_HTTP_BAD_REQUEST;
	}
	if (offset > (int64_t)r->lookups->results_max) {
		snprintf(why, why_size, "offset: expected at most %llu", (unsigned long long)r->lookups->results_max);
		return MHD_HTTP_RANGE_NOT_SATISFIABLE;
	}
	bool all = limit == 0 || (uint64_t)limit > r->lookups->results_max;
	q->limit = all ? r->lookups->results_max : (uint64_t)limit;
	q->offset = (uint64_t)offset;
	if (time_param(r, "time_first_after", &q->first_after, why, why_size) != 0 ||
		time_param(r, "time_first_before", &q->first_before, why, why_size) != 0 ||
		time_param(r, "time_last_after", &q->last_after, why, why_size) != 0 ||
		time_param(r, "time_last_before", &q->last_before, why, why_size) != 0)
		return MHD_HTTP_BAD_REQUEST;
	if (http_param(r, "sort", order, sizeof(order)) && query_parse_order(q, order, why, why_size) != 0)
		return MHD_HTTP_BAD_REQUEST;
	return 0;
}

unsigned http_params_typed(struct http_request *r, struct query *q, char *why, size_t why_size)
{
	char types[HTTP_VALUE_SIZE];

	if (http_param(r, "type", types, sizeof(types)) && *types && query_parse_types(q, types, why, why_size) != 0)
		return MHD_HTTP_BAD_REQUEST;
	return http_params_query(r, q, why, why_size);
}

bool http_params_csv(struct http_request *r)
{
	const char *accept = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	char format[16];

	if (http_param(r, "format", format, sizeof(format)))
		return strcmp(format, "csv") == 0;
	return accept && strncasecmp(accept, "text/csv", 8) == 0;
}

struct parameters {
	struct http_request *r;
	const char *unsound; // name of one whose value cannot be read, or NULL
};

static enum MHD_Result see_parameter(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct parameters *p = context;
	char text[HTTP_VALUE_SIZE];

	if (value && !http_param(p->r, name, text, sizeof(text)))
		p->unsound = name;
	return p->unsound ? MHD_NO : MHD_YES;
}

const char *http_params_unsound(struct http_request *r)
{
	struct parameters parameters = {.r = r};

	MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, see_parameter, &parameters);
	return parameters.unsound;
}
