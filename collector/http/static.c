// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/static.h"

#include "collector/http/gzip.h"
#include "collector/http/response.h"

#include <stdbool.h>
#include <string.h>

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
	struct MHD_Response *response = http_response_static(body, size, file->type, gzip && !known);

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
	enum MHD_Result result = MHD_queue_response(connection, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}
