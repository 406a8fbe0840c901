// SPDX-License-Identifier: BSD-3-Clause
// /block, /block/NAME, /block/NAME.FORMAT, /block/NAME.misp/FILE: the block lists that the collector keeps in memory.
#include "collector/api/handlers.h"

#include "collector/block/publish.h"
#include "collector/http/answer.h"
#include "collector/http/response.h"
#include "collector/http/sources.h"
#include "collector/query/json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COMPRESS_MAX = 1 << 20, DATE_SIZE = 40 }; // larger bodies are sent as they are, without a copy

static void drop(void *page)
{
	block_publish_drop(page);
}

// RFC 9110 §13.1: If-None-Match decides; If-Modified-Since only without it.
static bool is_known(const struct http_request *r, const struct block_page *page)
{
	const char *match = http_request_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH);
	const char *since = http_request_header(r, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
	struct tm tm = {0};

	if (match)
		return strcmp(match, "*") == 0 || strstr(match, page->etag + 2) != NULL;
	return since && strptime(since, "%a, %d %b %Y %H:%M:%S GMT", &tm) && page->modified <= (int64_t)timegm(&tm);
}

static struct MHD_Response *response_of(const struct http_request *r, struct block_page *page, bool known)
{
	struct redis_buffer copy = {0};

	if (page->body.size > COMPRESS_MAX && !known)
		return http_response_shared(page->body.bytes, page->body.size, page->type, drop, page);
	if (!known && page->body.size > 0)
		query_put(&copy, page->body.bytes, page->body.size);
	struct MHD_Response *response = http_response_whole(&copy, page->type, r->gzip && !known);
	block_publish_drop(page);
	return response;
}

static enum MHD_Result answer_page(struct http_request *r, struct block_page *page)
{
	bool known = is_known(r, page);
	size_t size = known ? 0 : page->body.size;
	char etag[sizeof(page->etag)], date[DATE_SIZE];

	strcpy(etag, page->etag);
	query_time_text(page->modified, "%a, %d %b %Y %H:%M:%S GMT", date, sizeof(date));
	struct MHD_Response *response = response_of(r, page, known);
	if (!response)
		return MHD_NO;
	MHD_del_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_LAST_MODIFIED, date);
	return http_answer_queue(r, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response, size);
}

enum MHD_Result api_block(struct http_request *r)
{
	struct block_publish *lists = r->lookups->sources->block;
	struct redis_buffer body = {0};
	struct block_page *page;
	char why[700];

	if (r->segments == 1) {
		block_publish_lists(lists, r->who, &body);
		return http_answer_body(r, MHD_HTTP_OK, "application/json", &body);
	}
	if (r->segments > 3)
		return http_answer_line(r, MHD_HTTP_NOT_FOUND, "path: expected /block/NAME, /block/NAME.FORMAT");
	switch (block_publish_find(lists, r->segment[1], r->segments == 3 ? r->segment[2] : NULL, r->who, &page, why,
		sizeof(why))) {
	case BLOCK_FOUND:
		return answer_page(r, page);
	case BLOCK_FORBIDDEN:
		return http_answer_line(r, MHD_HTTP_FORBIDDEN, "block list: this key may not fetch it");
	case BLOCK_NOT_YET:
		r->retry_after_s = 5;
		return http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", why);
	default:
		return http_answer_line(r, MHD_HTTP_NOT_FOUND,
			"block list: no such list or format; /block shows those that exist");
	}
}
