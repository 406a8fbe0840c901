// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http_api.h"

#include "collector/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PATH_SIZE_MAX = 8192 };

static const struct path {
	const char *prefix;
	enum MHD_Result (*handle)(struct http_request *r);
	bool post;    // POST instead of GET
	bool counted; // against the key's quota
} paths[] = {
	{"/dnsdb/v2", http_dnsdb, false, true},
	{"/lookup", http_dnsdb1, false, true},
	{"/summarize", http_dnsdb1, false, true},
	{"/pdns", http_cof, false, true},
	{"/api/lookup", http_lookup, false, true},
	{"/api/find", http_find, false, true},
	{"/api/export", http_export, false, true},
	{"/api/bulk", http_bulk, true, true},
};

static const struct path *find_path(const char *url)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		size_t len = strlen(paths[i].prefix);
		if (strncmp(url, paths[i].prefix, len) == 0 && (url[len] == '/' || url[len] == '\0'))
			return &paths[i];
	}
	return NULL;
}

bool http_api_owns(const char *url)
{
	return find_path(url) != NULL;
}

struct http_api *http_api_open(const struct http_sources *sources, char *why, size_t why_size)
{
	const struct settings *s = sources->settings;
	struct http_api *api = calloc(1, sizeof(*api));

	if (!api) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	api->results_max = s->http_results;
	api->time_max_s = s->http_time_s;
	api->audit = s->http_audit;
	if (*s->http_keys) {
		api->keys = keys_open(s->http_keys, why, why_size);
		if (!api->keys) {
			free(api);
			return NULL;
		}
	}
	api->exports = http_exports_new();
	query_db_init(&api->db, sources->redis, sources->zones, s->psl_file);
	api->db.index = sources->index;
	api->db.targets = sources->targets;
	return api;
}

void http_api_stop(struct http_api *api)
{
	http_exports_stop(api->exports);
}

void http_api_close(struct http_api *api)
{
	if (!api)
		return;
	http_exports_free(api->exports);
	query_db_free(&api->db);
	keys_close(api->keys);
	free(api);
}

// --- answers

enum MHD_Result http_body(struct http_request *r, unsigned code, const char *type, struct redis_buffer *body)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(body->size, body->bytes, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		redis_buffer_free(body);
		return MHD_NO;
	}
	*body = (struct redis_buffer){0};
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (code == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Lookback-Key");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
			r->post ? "POST" : "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(r->connection, code, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result http_line(struct http_request *r, unsigned code, const char *format, ...)
{
	struct redis_buffer body = {0};
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	for (char *p = text; *p; p++) // one line of ASCII, whatever came in
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	query_put_text(&body, text);
	query_put_text(&body, "\n");
	if (code >= 400 && code < 500)
		metrics_add(http_lookup_refused, 1);
	else if (code >= 500)
		metrics_add(http_lookup_failed, 1);
	return http_body(r, code, "text/plain; charset=utf-8", &body);
}

void http_end_of_head(struct http_request *r, struct MHD_Response *response)
{
	if (strncmp(r->asked, "HEAD ", 5) == 0)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

// --- parameters

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
	char text[64];

	if (!MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name))
		return 0;
	if (http_param(r, name, text, sizeof(text)) &&
		query_parse_time(at, text, time(NULL), why, why_size) == 0)
		return 0;
	snprintf(why, why_size, "%s: expected seconds since 1970, or negative seconds from now", name);
	return -1;
}

unsigned http_query_params(struct http_request *r, struct query *q, char *why, size_t why_size)
{
	int64_t limit = HTTP_LIMIT_DEFAULT, offset = 0;
	char order[HTTP_VALUE_SIZE];

	q->time_max_s = r->api->time_max_s;
	if (http_param_number(r, "limit", &limit) != 0 || limit < 0 ||
		http_param_number(r, "offset", &offset) != 0 || offset < 0) {
		snprintf(why, why_size, "limit and offset: expected numbers, not negative");
		return MHD_HTTP_BAD_REQUEST;
	}
	if (offset > (int64_t)r->api->results_max) {
		snprintf(why, why_size, "offset: at most %llu", (unsigned long long)r->api->results_max);
		return MHD_HTTP_RANGE_NOT_SATISFIABLE;
	}
	bool all = limit == 0 || (uint64_t)limit > r->api->results_max;
	q->limit = all ? r->api->results_max : (uint64_t)limit;
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

// --- requests

// Cuts the path at its slashes, then decodes each piece in place: an escaped slash is no slash.
static bool split(struct http_request *r)
{
	char *at = r->path;

	while (at && r->segments < HTTP_SEGMENTS_MAX) {
		char *piece = at + 1;
		at = strchr(piece, '/');
		if (at)
			*at = '\0';
		if (query_percent_decode(piece, strlen(piece), piece, strlen(piece) + 1) == SIZE_MAX)
			return false;
		r->segment[r->segments++] = piece;
	}
	while (r->segments > 0 && !*r->segment[r->segments - 1])
		r->segments--; // slashes at the end
	return at == NULL;
}

static struct http_request *begin(
	struct http_api *api, struct MHD_Connection *connection, const char *url, const char *method)
{
	struct http_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->api = api;
	r->connection = connection;
	r->post = find_path(url)->post;
	snprintf(r->asked, sizeof(r->asked), "%s %s", method, url);
	for (char *p = r->asked; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	r->path = strdup(url);
	if (!r->path) {
		free(r);
		return NULL;
	}
	return r;
}

void http_api_completed(void *state)
{
	struct http_request *r = state;

	if (!r)
		return;
	if (r->export)
		http_export_leave(r->export);
	redis_buffer_free(&r->body);
	free(r->path);
	free(r);
}

static enum MHD_Result answer_rate(struct http_request *r, const struct keys_rate *rate)
{
	struct redis_buffer body = {0};

	http_rate(&body, rate);
	return http_body(r, MHD_HTTP_OK, "application/json", &body);
}

// True where the path is this and nothing else: a name may be called "ping" as well.
static bool is_path(const struct http_request *r, const char *first, const char *last)
{
	bool v2 = strcmp(first, "dnsdb") == 0;

	return r->segments == (v2 ? 3u : 2u) && strcmp(r->segment[0], first) == 0 &&
	       strcmp(r->segment[r->segments - 1], last) == 0;
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

static enum MHD_Result answer(struct http_request *r, const struct path *path)
{
	struct parameters parameters = {.r = r};
	bool sound = split(r);
	bool is_rate = is_path(r, "dnsdb", "rate_limit") || is_path(r, "lookup", "rate_limit");
	bool is_free = sound && (is_rate || is_path(r, "dnsdb", "ping"));
	struct keys_rate rate;

	unsigned code = http_authorize(r, path->counted && !is_free, &rate);
	http_audit(r, code);
	if (code == MHD_HTTP_UNAUTHORIZED)
		return http_line(r, code, "a key is needed: send it as X-API-Key");
	if (code == MHD_HTTP_MISDIRECTED_REQUEST)
		return http_line(r, code, "without keys, lookups are for this machine: ask for 127.0.0.1 or localhost, or make a key (lookback key add)");
	if (code == MHD_HTTP_FORBIDDEN)
		return http_line(r, code, "this key is not known");
	if (code == MHD_HTTP_TOO_MANY_REQUESTS)
		return http_line(r, code, "over quota: %llu requests; the next period begins at %lld",
			(unsigned long long)rate.limit, (long long)rate.reset);
	if (!sound)
		return http_line(r, MHD_HTTP_BAD_REQUEST, "the path has a broken escape or too many parts");
	if (is_rate)
		return answer_rate(r, &rate);
	MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, see_parameter, &parameters);
	if (parameters.unsound)
		return http_line(r, MHD_HTTP_BAD_REQUEST, "parameter '%.100s': found a broken escape or too long a value, expected at most %d octets",
			parameters.unsound, HTTP_VALUE_SIZE - 1);
	metrics_add(http_lookup, 1);
	return path->handle(r);
}

static void take_body(struct http_request *r, const char *upload, size_t size)
{
	if (r->body.size + size > HTTP_BODY_MAX) {
		r->too_large = true;
		return;
	}
	query_put(&r->body, upload, size);
}

enum MHD_Result http_api_handle(struct http_api *api, struct MHD_Connection *connection, const char *url,
	const char *method, const char *upload, size_t *upload_size, void **state)
{
	const struct path *path = find_path(url);
	struct http_request *r = *state;

	if (!r) { // the headers are read, the body is not: called once more
		*state = begin(api, connection, url, method);
		return *state ? MHD_YES : MHD_NO;
	}
	if (r->resume)
		return r->resume(r);
	if (*upload_size > 0) {
		if (path->post)
			take_body(r, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (strlen(url) > PATH_SIZE_MAX)
		return http_line(r, MHD_HTTP_URI_TOO_LONG, "a path has at most %d octets", PATH_SIZE_MAX);
	bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (path->post ? strcmp(method, MHD_HTTP_METHOD_POST) != 0 : !get)
		return http_line(r, MHD_HTTP_METHOD_NOT_ALLOWED, "%s is answered here",
			path->post ? "only POST" : "only GET and HEAD");
	if (r->too_large || r->body.bad)
		return http_line(r, MHD_HTTP_CONTENT_TOO_LARGE, "at most %d octets", HTTP_BODY_MAX);
	return answer(r, path);
}
