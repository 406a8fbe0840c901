// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/answer.h"

#include "collector/http/response.h"
#include "collector/base/histogram.h"
#include "collector/base/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

static void add_number(struct MHD_Response *response, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	MHD_add_response_header(response, name, text);
}

// The state of the key, as DNSDB reports it.
static void add_rate(struct MHD_Response *response, const struct keys_rate *rate)
{
	if (rate->limit == 0)
		return;
	add_number(response, "X-RateLimit-Limit", (int64_t)rate->limit);
	add_number(response, "X-RateLimit-Remaining", (int64_t)rate->remaining);
	add_number(response, "X-RateLimit-Reset", rate->reset);
}

// Basic, for wget, curl --anyauth and others. Not for the page: it asks for the key itself, and a browser would open a dialog of
// its own.
static const char *challenge(struct http_request *r)
{
	const char *mode = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Sec-Fetch-Mode");
	bool page = mode && strcasecmp(mode, "navigate") != 0;

	return page || strncmp(r->path, "/api", 4) == 0 ? "Lookback-Key" : "Basic realm=\"lookback\"";
}

// Retry-After, at least one second.
static void add_retry(struct http_request *r, unsigned code, struct MHD_Response *response)
{
	int64_t wait = r->retry_after_s;

	if (code == MHD_HTTP_TOO_MANY_REQUESTS && r->rate.reset > time(NULL))
		wait = r->rate.reset - time(NULL);
	if (wait > 0 || code == MHD_HTTP_TOO_MANY_REQUESTS || code == MHD_HTTP_SERVICE_UNAVAILABLE)
		add_number(response, MHD_HTTP_HEADER_RETRY_AFTER, wait > 0 ? wait : 1);
}

enum MHD_Result http_answer_queue(struct http_request *r, unsigned code, struct MHD_Response *response, size_t size)
{
	if (code == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, challenge(r));
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, r->post ? "POST" : "GET, HEAD");
	if (*r->next_page)
		MHD_add_response_header(response, "x-dribble-cursor", r->next_page);
	add_rate(response, &r->rate);
	add_retry(r, code, response);
	r->code = code;
	r->response = response;
	r->response_size = size;
	return r->job ? MHD_YES : http_answer_send(r);
}

enum MHD_Result http_answer_send(struct http_request *r)
{
	struct MHD_Response *response = r->response;

	if (!response)
		return MHD_NO; // the server is stopping
	if (r->code < 400)
		metrics_add(http_lookup, 1);
	else if (r->code < 500)
		metrics_add(http_lookup_refused, 1);
	else
		metrics_add(http_lookup_failed, 1);
	histogram_since(&histogram_lookup, r->began_ns);
	http_guard_sends(r->client, r->response_size == SIZE_MAX ? 0 : r->response_size);
	r->response = NULL;
	enum MHD_Result result = MHD_queue_response(r->connection, r->code, response);
	MHD_destroy_response(response);
	return result;
}

enum MHD_Result http_answer_body(struct http_request *r, unsigned code, const char *type, struct redis_buffer *body)
{
	size_t size = body->size;
	struct MHD_Response *response = http_response_whole(body, type, r->gzip);

	return response ? http_answer_queue(r, code, response, size) : MHD_NO;
}

enum MHD_Result http_answer_line(struct http_request *r, unsigned code, const char *format, ...)
{
	struct redis_buffer body = {0};
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	for (char *p = text; *p; p++) // one line of ASCII
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	query_put_text(&body, text);
	query_put_text(&body, "\n");
	return http_answer_body(r, code, "text/plain; charset=utf-8", &body);
}

void http_answer_end_head(struct http_request *r, struct MHD_Response *response)
{
	if (strncmp(r->asked, "HEAD ", 5) == 0)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}
