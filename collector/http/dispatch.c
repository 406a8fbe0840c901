// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/dispatch.h"

#include "collector/base/settings.h"
#include "collector/http/answer.h"
#include "collector/http/auth.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/http/service.h"
#include "collector/http/sources.h"
#include "collector/http/work.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE_MAX = 8192 };

static const struct http_route *find_route(const struct http_service *service, const char *url)
{
	for (const struct http_route *route = service->routes; route->prefix; route++) {
		size_t len = strlen(route->prefix);
		if (strncmp(url, route->prefix, len) == 0 && (url[len] == '/' || url[len] == '\0'))
			return route;
	}
	return NULL;
}

bool http_dispatch_owns(const struct http_lookups *l, const char *url)
{
	return find_route(l->sources->service, url) != NULL;
}

struct http_lookups *http_dispatch_open(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size)
{
	const struct settings *s = sources->settings;
	struct http_lookups *l = calloc(1, sizeof(*l));

	if (!l) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	l->sources = sources;
	l->guard = guard;
	l->results_max = s->http_results;
	l->time_max_s = s->http_time_s;
	l->audit = s->http_audit;
	if (*s->http_keys)
		l->keys = keys_open(s->http_keys, why, why_size);
	if (!*s->http_keys || l->keys) {
		l->service = sources->service->open();
		l->work = http_work_new(sources, guard, why, why_size);
	}
	if (l->work && l->service)
		return l;
	if (l->work)
		http_work_stop(l->work);
	http_dispatch_close(l);
	return NULL;
}

void http_dispatch_stop(struct http_lookups *l)
{
	http_work_stop(l->work);
	l->sources->service->stop(l->service);
}

void http_dispatch_close(struct http_lookups *l)
{
	if (!l)
		return;
	if (l->service)
		l->sources->service->close(l->service);
	http_work_free(l->work);
	keys_close(l->keys);
	free(l);
}

// --- requests

static bool is_rate(const struct http_request *r)
{
	return http_request_is(r, "dnsdb", "rate_limit") || http_request_is(r, "lookup", "rate_limit");
}

static bool is_method(const struct http_route *route, const struct http_request *r, const char *method)
{
	if (route->post || (strcmp(method, MHD_HTTP_METHOD_POST) == 0 && is_rate(r)))
		return strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

// Checks a request whose head was received. 0, or the status code of an error with r->why.
static unsigned screen(struct http_request *r, const struct http_route *route, const char *method)
{
	const char *length = http_request_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (strlen(r->path) > PATH_SIZE_MAX)
		return http_request_refuse(r, MHD_HTTP_URI_TOO_LONG, "path: found more than %d octets", PATH_SIZE_MAX);
	bool sound = http_request_split(r);
	if (!is_method(route, r, method))
		return http_request_refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "method: expected %s",
			route->post ? "POST" : "GET or HEAD");
	bool is_free = sound && (is_rate(r) || http_request_is(r, "dnsdb", "ping"));
	unsigned code = http_auth_check(r, route->counted && !is_free);
	if (code != 0 || !route->post)
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
	if (route->post && length && strtoull(length, NULL, 10) > HTTP_BODY_MAX)
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

static enum MHD_Result answer(struct http_request *r, const struct http_route *route)
{
	http_guard_answers(r->client);
	if (r->refused != 0)
		return http_answer_line(r, r->refused, "%s", r->why);
	if (route->post)
		http_auth_audit(r, 0);
	if (is_rate(r))
		return answer_rate(r);
	if (!http_guard_looks_up(r->client)) {
		r->retry_after_s = 1;
		return http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many lookups are in progress; retry");
	}
	http_guard_waits(r->client);
	return http_work_take(r->lookups->work, r, route->handle);
}

enum MHD_Result http_dispatch_handle(struct http_lookups *l, struct MHD_Connection *connection, const char *url,
	const char *method, const char *upload, size_t *upload_size, void **state)
{
	const struct http_route *route = find_route(l->sources->service, url);
	struct http_request *r = *state;

	if (!r) { // the head is here, the body is not: called once more
		r = *state = http_request_new(l, connection, url, method, route->post);
		if (!r)
			return MHD_NO;
		r->refused = screen(r, route, method);
		bool waits =
			http_request_header(r, MHD_HTTP_HEADER_EXPECT) != NULL; // with its body, for "100 Continue"
		return r->refused != 0 && waits ? answer(r, route) : MHD_YES;
	}
	if (r->resume)
		return r->resume(r);
	if (*upload_size > 0) {
		bool good = http_request_add_body(r, upload, *upload_size);
		*upload_size = 0;
		return good ? MHD_YES : MHD_NO;
	}
	return answer(r, route);
}

void http_dispatch_completed(void *state)
{
	struct http_request *r = state;

	if (r && r->own)
		r->leave(r->own);
	if (r && r->job)
		http_job_forget(r->job);
	http_request_free(r);
}
