// SPDX-License-Identifier: BSD-3-Clause
#include "collector/brand/form.h"

#include <string.h>

void brand_csv_text(struct redis_buffer *out, const char *text)
{
	struct redis_buffer guarded = {0};

	if (*text && strchr("=+-@\t", *text)) {
		query_put_text(&guarded, "'");
		query_put_text(&guarded, text);
		query_put_csv(out, guarded.bytes ? guarded.bytes : "", guarded.size);
		redis_buffer_free(&guarded);
		return;
	}
	query_put_csv(out, text, strlen(text));
}

void brand_html_text(struct redis_buffer *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		switch (c) {
		case '&':
			query_put_text(out, "&amp;");
			break;
		case '<':
			query_put_text(out, "&lt;");
			break;
		case '>':
			query_put_text(out, "&gt;");
			break;
		case '"':
			query_put_text(out, "&quot;");
			break;
		case '\'':
			query_put_text(out, "&#39;");
			break;
		default:
			query_put(out, c < 0x20 || c == 0x7f ? "?" : &text[i], 1);
		}
	}
}

void brand_put_date(struct redis_buffer *out, int64_t time)
{
	char text[24];

	query_time_text(time, "%Y-%m-%d", text, sizeof(text));
	query_put_text(out, text);
}

size_t brand_readable(const char *name, size_t len, char out[static 4 * TEXT_NAME_SIZE])
{
	size_t n = query_readable(name, len, out, 4 * TEXT_NAME_SIZE);

	out[n] = '\0';
	return n;
}
