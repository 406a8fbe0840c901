// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/static.h"

#include "collector/http/gzip.h"

#include <stdbool.h>
#include <string.h>

// The page loads nothing from elsewhere, runs no script but its own files, and cannot write HTML from
// text (Trusted Types): whatever a record holds stays text.
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
			     "connect-src 'self'; base-uri 'none'; form-action 'self'; "
			     "frame-ancestors 'none'; "
			     "require-trusted-types-for 'script'; trusted-types 'none'";

static const char *const safety[][2] = {
	{"Content-Security-Policy", policy},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

const struct http_file *http_static_find(const char *url)
{
	for (const struct http_file *file = http_files; file->path; file++)
		if (strcmp(file->path, url) == 0)
			return file;
	return NULL;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
	return value ? value : "";
}

enum MHD_Result http_static_answer(struct MHD_Connection *connection, const struct http_file *file)
{
	bool known = strstr(header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH), file->etag + 2) != NULL;
	bool gzip = http_gzip_is_accepted(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	const uint8_t *body = gzip ? file->gzip : file->plain;
	size_t size = known ? 0 : gzip ? file->gzip_size : file->plain_size;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	if (gzip && !known)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	for (size_t i = 0; i < sizeof(safety) / sizeof(*safety); i++)
		MHD_add_response_header(response, safety[i][0], safety[i][1]);
	enum MHD_Result result = MHD_queue_response(connection, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}
