// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/api.h"

#include "collector/base/settings.h"
#include "collector/http/answer.h"
#include "collector/http/auth.h"
#include "collector/http/export_state.h"
#include "collector/http/handlers.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/http/sources.h"
#include "collector/http/work.h"

#include <stdio.h>
#include <stdlib.h>

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
	{"/query", http_cof, false, true}, // paths of D4
	{"/fquery", http_cof, false, true},
	{"/info", http_info, false, true},
	{"/api/lookup", http_lookup, false, true},
	{"/api/find", http_find, false, true},
	{"/api/export", http_export, false, true},
	{"/api/bulk", http_bulk, true, true},
	{"/api/understand", http_understand, true, false},
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

struct http_api *http_api_open(const struct http_sources *sources, struct http_guard *guard, char *why, size_t why_size)
{
	const struct settings *s = sources->settings;
	struct http_api *api = calloc(1, sizeof(*api));

	if (!api) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	api->sources = sources;
	api->guard = guard;
	api->results_max = s->http_results;
	api->time_max_s = s->http_time_s;
	api->audit = s->http_audit;
	if (*s->http_keys)
		api->keys = keys_open(s->http_keys, why, why_size);
	if (!*s->http_keys || api->keys) {
		api->exports = http_exports_new();
		api->work = http_work_new(sources, guard, why, why_size);
	}
	if (api->work && api->exports)
		return api;
	if (api->work)
		http_work_stop(api->work);
	http_api_close(api);
	return NULL;
}

void http_api_stop(struct http_api *api)
{
	http_work_stop(api->work);
	http_exports_stop(api->exports);
}

void http_api_close(struct http_api *api)
{
	if (!api)
		return;
	http_exports_free(api->exports);
	http_work_free(api->work);
	keys_close(api->keys);
	free(api);
}

// --- requests

static bool is_rate(const struct http_request *r)
{
	return http_request_is(r, "dnsdb", "rate_limit") || http_request_is(r, "lookup", "rate_limit");
}

static bool is_method(const struct path *path, const struct http_request *r, const char *method)
{
	if (path->post || (strcmp(method, MHD_HTTP_METHOD_POST) == 0 && is_rate(r)))
		return strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

// Checks a request whose head was received. 0, or the status code of an error with r->why.
static unsigned screen(struct http_request *r, const struct path *path, const char *method)
{
	const char *length = http_request_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (strlen(r->path) > PATH_SIZE_MAX)
		return http_request_refuse(r, MHD_HTTP_URI_TOO_LONG, "path: found more than %d octets", PATH_SIZE_MAX);
	bool sound = http_request_split(r);
	if (!is_method(path, r, method))
		return http_request_refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "method: expected %s",
			path->post ? "POST" : "GET or HEAD");
	bool is_free = sound && (is_rate(r) || http_request_is(r, "dnsdb", "ping"));
	unsigned code = http_auth_check(r, path->counted && !is_free);
	if (code != 0 || !path->post)
		http_auth_audit(r, code);
	if (code != 0)
		return code;
	if (!sound)
		return http_request_refuse(r, MHD_HTTP_BAD_REQUEST,
			"path: found a broken escape, or more than 16 segments");
	const char *unsound = http_params_unsound(r);
	if (unsound)
		return http_request_refuse(r, MHD_HTTP_BAD_REQUEST,
			"parameter '%.60s': found a broken escape, or more than %d octets", unsound,
			HTTP_VALUE_SIZE - 1);
	if (path->post && length && strtoull(length, NULL, 10) > HTTP_BODY_MAX)
		return http_request_refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "body: found more than %d octets",
			HTTP_BODY_MAX);
	return 0;
}

static enum MHD_Result answer_rate(struct http_request *r)
{
	struct redis_buffer body = {0};

	http_auth_rate(&body, &r->rate);
	return http_answer_body(r, MHD_HTTP_OK, "application/json", &body);
}

static enum MHD_Result answer(struct http_request *r, const struct path *path)
{
	http_guard_answers(r->client);
	if (r->refused != 0)
		return http_answer_line(r, r->refused, "%s", r->why);
	if (path->post)
		http_auth_audit(r, 0);
	if (is_rate(r))
		return answer_rate(r);
	if (!http_guard_looks_up(r->client)) {
		r->retry_after_s = 1;
		return http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many lookups are in progress; retry");
	}
	http_guard_waits(r->client);
	return http_work_take(r->api->work, r, path->handle);
}

enum MHD_Result http_api_handle(struct http_api *api, struct MHD_Connection *connection, const char *url,
	const char *method, const char *upload, size_t *upload_size, void **state)
{
	const struct path *path = find_path(url);
	struct http_request *r = *state;

	if (!r) { // the head is here, the body is not: called once more
		r = *state = http_request_new(api, connection, url, method, path->post);
		if (!r)
			return MHD_NO;
		r->refused = screen(r, path, method);
		bool waits =
			http_request_header(r, MHD_HTTP_HEADER_EXPECT) != NULL; // with its body, for "100 Continue"
		return r->refused != 0 && waits ? answer(r, path) : MHD_YES;
	}
	if (r->resume)
		return r->resume(r);
	if (*upload_size > 0) {
		bool good = http_request_add_body(r, upload, *upload_size);
		*upload_size = 0;
		return good ? MHD_YES : MHD_NO;
	}
	return answer(r, path);
}

void http_api_completed(void *state)
{
	struct http_request *r = state;

	if (r && r->export)
		http_export_leave(r->export);
	if (r && r->job)
		http_job_forget(r->job);
	http_request_free(r);
}
