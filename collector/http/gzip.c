// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/gzip.h"

#include "collector/query/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { LEVEL = 1, WINDOW_BITS = 14, GZIP = 16, MEMORY_LEVEL = 7, PIECE = 16384 };

struct http_gzip {
	z_stream stream;
};

// The quality of one coding: "gzip;q=0.5". 1 if it has none, 0 if it is not sound.
static double quality_of(const char *parameters, const char *end)
{
	const char *q = parameters;

	while (q < end && *q != ';')
		q++;
	for (q++; q < end && (*q == ' ' || *q == '\t'); q++)
		;
	if (q >= end)
		return 1;
	if (end - q < 3 || (*q | 0x20) != 'q' || q[1] != '=')
		return 0;
	char *rest;
	double quality = strtod(q + 2, &rest);
	return rest > end || !(quality >= 0) || quality > 1 ? 0 : quality;
}

bool http_gzip_is_accepted(const char *accepted)
{
	double gzip = -1, any = -1, plain = -1; // not named

	while (accepted && *accepted) {
		accepted += strspn(accepted, " \t,");
		const char *end = accepted + strcspn(accepted, ",");
		size_t len = strcspn(accepted, ",; \t");
		double quality = quality_of(accepted + len, end);
		if ((len == 4 && strncasecmp(accepted, "gzip", 4) == 0) ||
			(len == 6 && strncasecmp(accepted, "x-gzip", 6) == 0))
			gzip = quality;
		else if (len == 8 && strncasecmp(accepted, "identity", 8) == 0)
			plain = quality;
		else if (len == 1 && *accepted == '*')
			any = quality;
		accepted = end;
	}
	if (gzip < 0)
		gzip = any;
	return gzip > 0 && gzip >= plain;
}

struct http_gzip *http_gzip_new(void)
{
	struct http_gzip *z = calloc(1, sizeof(*z));

	if (z && deflateInit2(&z->stream, LEVEL, Z_DEFLATED, WINDOW_BITS + GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
			 Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

void http_gzip_free(struct http_gzip *z)
{
	if (z)
		deflateEnd(&z->stream);
	free(z);
}

void http_gzip_put(struct http_gzip *z, const struct redis_buffer *in, enum http_gzip_flush flush,
	struct redis_buffer *out)
{
	static const int flushes[] =
		{[HTTP_GZIP_GO_ON] = Z_NO_FLUSH, [HTTP_GZIP_FLUSH] = Z_SYNC_FLUSH, [HTTP_GZIP_END] = Z_FINISH};
	int result;

	z->stream.next_in = (Bytef *)in->bytes;
	z->stream.avail_in = (uInt)in->size;
	do {
		char *room = redis_buffer_room(out, PIECE);
		if (!room)
			return;
		z->stream.next_out = (Bytef *)room;
		z->stream.avail_out = PIECE;
		result = deflate(&z->stream, flushes[flush]);
		out->size += PIECE - z->stream.avail_out;
	} while (z->stream.avail_out == 0 && result == Z_OK);
	out->bad = out->bad || (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR);
}

bool http_gzip_whole(struct redis_buffer *body)
{
	struct http_gzip *z = http_gzip_new();
	struct redis_buffer out = {0};

	if (z)
		http_gzip_put(z, body, HTTP_GZIP_END, &out);
	http_gzip_free(z);
	if (!z || out.bad) {
		redis_buffer_free(&out);
		return false;
	}
	redis_buffer_free(body);
	*body = out;
	return true;
}
