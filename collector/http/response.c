// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/response.h"

#include "collector/http/gzip.h"

enum { GZIP_MIN = 1000 }; // octets that are worth it

struct header {
	const char *name, *value;
};

static const struct header all[] = {
	{MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{NULL, NULL},
};

static const struct header data[] = {
	{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{NULL, NULL},
};

// The page loads nothing from elsewhere, runs no script but its own files, and cannot write HTML from
// text (Trusted Types): whatever a record holds stays text.
static const char page_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
				  "connect-src 'self'; base-uri 'none'; form-action 'self'; "
				  "frame-ancestors 'none'; "
				  "require-trusted-types-for 'script'; trusted-types 'none'";

static const struct header page[] = {
	{MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"},
	{"Content-Security-Policy", page_policy},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	{NULL, NULL},
};

// DATA may not be shown, framed or kept, and loads nothing; PAGE is a file of the web page.
enum content { DATA, PAGE };

static void add(struct MHD_Response *response, const struct header *h)
{
	for (; h->name; h++)
		MHD_add_response_header(response, h->name, h->value);
}

// Every response gets its headers here. NULL stays NULL.
static struct MHD_Response *with_headers(struct MHD_Response *response, enum content content, const char *type,
	bool gzip)
{
	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (gzip)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	add(response, all);
	add(response, content == PAGE ? page : data);
	return response;
}

struct MHD_Response *http_response_whole(struct redis_buffer *body, const char *type, bool gzip)
{
	bool encoded = gzip && body->size >= GZIP_MIN && http_gzip_whole(body);
	struct MHD_Response *response =
		body->bad ? NULL : MHD_create_response_from_buffer(body->size, body->bytes, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		redis_buffer_free(body);
		return NULL;
	}
	*body = (struct redis_buffer){0};
	return with_headers(response, DATA, type, encoded);
}

struct MHD_Response *http_response_static(const void *bytes, size_t size, const char *type, bool gzip)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);

	return with_headers(response, PAGE, type, gzip);
}

struct MHD_Response *http_response_shared(const void *bytes, size_t size, const char *type, void (*release)(void *arg),
	void *arg)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer_with_free_callback_cls(size, (void *)(uintptr_t)bytes, release, arg);

	if (!response)
		release(arg);
	return with_headers(response, DATA, type, false);
}

struct MHD_Response *http_response_stream(size_t block_size, MHD_ContentReaderCallback read,
	MHD_ContentReaderFreeCallback release, void *arg, const char *type, bool gzip)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_size, read, arg, release);

	return with_headers(response, DATA, type, gzip);
}
