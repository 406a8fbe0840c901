// SPDX-License-Identifier: BSD-3-Clause
// --unicode: names as their owners mean them to be read, and the columns that they take. The form in DNS is
// always shown too, because letters of several scripts look the same.
#include "collector/cli/lookback.h"
#include "collector/query/rdata.h"

#include <stdlib.h>
#include <wchar.h>

bool lookback_readable_owner(struct redis_buffer *out, const struct query_record *r)
{
	char readable[4 * TEXT_NAME_SIZE];
	size_t len = query_readable(r->owner, r->owner_len, readable, sizeof(readable));

	query_put(out, readable, len);
	return len > 0;
}

bool lookback_readable_rdata(struct redis_buffer *out, const struct query_record *r, const char **target, size_t *len)
{
	char readable[4 * TEXT_NAME_SIZE];

	*len = query_target(r, target);
	size_t size = *len > 0 ? query_readable(*target, *len, readable, sizeof(readable)) : 0;
	if (size == 0)
		return false;
	const char *behind = *target + *len;
	query_put(out, r->rdata, (size_t)(*target - r->rdata));
	query_put(out, readable, size);
	query_put(out, behind, (size_t)(r->rdata + r->rdata_len - behind));
	return true;
}

size_t lookback_columns(const char *text, size_t most, size_t *octets)
{
	size_t columns = 0, at = 0;

	while (text[at]) {
		wchar_t c = 0;
		int n = (unsigned char)text[at] < 0x80 ? 1 : mbtowc(&c, text + at, MB_CUR_MAX);
		int width = n > 1 ? wcwidth(c) : 1;
		n = n > 0 ? n : 1;
		width = width >= 0 ? width : 1;
		if (columns + (size_t)width > most)
			break;
		columns += (size_t)width;
		at += (size_t)n;
	}
	*octets = at;
	return columns;
}
