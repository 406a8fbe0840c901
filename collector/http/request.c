// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/request.h"

#include "collector/base/histogram.h"
#include "collector/http/gzip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	BODIES_MAX = 64 << 20,	   // in memory at a time, of all requests
	PASSED_OVER_MAX = 32 << 20 // octets of a body that is rejected or not needed
};

const char *http_request_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

bool http_request_split(struct http_request *r)
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

// Replaces the value of the parameter `key`, a secret, by an asterisk.
static void hide_key(char *asked)
{
	for (char *p = strchr(asked, '?'); p; p = strchr(p + 1, '&')) {
		if (strncmp(p + 1, "key=", 4) != 0)
			continue;
		size_t len = strcspn(p + 5, "&");
		if (len > 0) {
			p[5] = '*';
			memmove(p + 6, p + 5 + len, strlen(p + 5 + len) + 1);
		}
	}
}

struct http_request *http_request_new(struct http_lookups *lookups, struct MHD_Connection *connection, const char *url,
	const char *method, bool post)
{
	struct http_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->lookups = lookups;
	r->connection = connection;
	r->client = http_guard_client(connection);
	r->post = post;
	r->began_ns = histogram_now();
	r->path = r->client ? strdup(url) : NULL;
	if (!r->path) {
		free(r);
		return NULL;
	}
	r->gzip = http_gzip_is_accepted(http_request_header(r, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	snprintf(r->asked, sizeof(r->asked), "%.16s %s", method, http_client_target(r->client));
	hide_key(r->asked);
	for (char *p = r->asked; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	return r;
}

static void free_body(struct http_request *r)
{
	r->lookups->bodies -= r->body_counted;
	r->body_counted = 0;
	redis_buffer_free(&r->body);
}

void http_request_free(struct http_request *r)
{
	if (!r)
		return;
	if (r->response)
		MHD_destroy_response(r->response);
	free_body(r);
	free(r->path);
	free(r);
}

bool http_request_is(const struct http_request *r, const char *first, const char *last)
{
	bool v2 = strcmp(first, "dnsdb") == 0;

	return r->segments == (v2 ? 3u : 2u) && strcmp(r->segment[0], first) == 0 &&
	       strcmp(r->segment[r->segments - 1], last) == 0;
}

unsigned http_request_refuse(struct http_request *r, unsigned code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, sizeof(r->why), format, args);
	va_end(args);
	return code;
}

bool http_request_add_body(struct http_request *r, const char *upload, size_t size)
{
	r->body_size += size;
	http_guard_body(r->client, size);
	if (!r->post || r->refused != 0)
		return r->body_size <= PASSED_OVER_MAX;
	if (r->body_size > HTTP_BODY_MAX) {
		r->refused = http_request_refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "body: found more than %d octets",
			HTTP_BODY_MAX);
		free_body(r);
		return true;
	}
	query_put(&r->body, upload, size);
	r->lookups->bodies += r->body.capacity - r->body_counted;
	r->body_counted = r->body.capacity;
	if (r->body.bad || r->lookups->bodies > BODIES_MAX) {
		r->retry_after_s = 1;
		r->refused = http_request_refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE,
			"too many request bodies in memory; retry");
		free_body(r);
	}
	return true;
}
