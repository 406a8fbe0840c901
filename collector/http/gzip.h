// SPDX-License-Identifier: BSD-3-Clause
// Compression of answers (RFC 1952, by zlib): whole ones and streams.
#pragma once

#include <stdbool.h>

struct http_gzip;
struct redis_buffer;

// True if Accept-Encoding (NULL: none) prefers gzip to a plain body, by quality values (RFC 9110, section 12.5.3).
bool http_gzip_is_accepted(const char *accept_encoding);

struct http_gzip *http_gzip_new(void);	  // NULL without memory
void http_gzip_free(struct http_gzip *z); // NULL is fine

enum http_gzip_flush { HTTP_GZIP_GO_ON, HTTP_GZIP_FLUSH, HTTP_GZIP_END };

// Compresses `in` and appends to `out`. FLUSH: the client can read all of it at once; END: the last call. A failure sets
// out->bad.
void http_gzip_put(struct http_gzip *z, const struct redis_buffer *in, enum http_gzip_flush flush,
	struct redis_buffer *out);

// Compresses a whole body in place. False: failed, the body is unchanged.
bool http_gzip_whole(struct redis_buffer *body);
