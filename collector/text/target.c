// SPDX-License-Identifier: BSD-3-Clause
// The name that a record points to, found in text (text.c finds it in wire form).
#include "collector/text/text.h"

#include "dataplane/common/dns_layout.h"

#include <string.h>

bool text_type_has_target(const char *type, size_t len)
{
	const struct dns_layout *l = dns_layout_named(type, len);

	return l && l->points_by > 0;
}

bool text_type_is_target(const char *type, size_t len)
{
	const struct dns_layout *l = dns_layout_named(type, len);

	return l && l->points_by == 1 && l->fields[1] == DNS_FIELD_END;
}

size_t text_target(const char *type, size_t type_len, const char *rdata, size_t rdata_len, const char **target)
{
	const struct dns_layout *l = dns_layout_named(type, type_len);
	const char *at = rdata, *end = rdata + rdata_len;
	int field = l ? l->points_by : 0;

	if (field == 0 || (rdata_len > 1 && at[0] == '\\' && at[1] == '#'))
		return 0;
	for (; field > 1 && at; field--) {
		at = memchr(at, ' ', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return 0;
	const char *space = memchr(at, ' ', (size_t)(end - at));
	size_t len = (size_t)((space ? space : end) - at);
	*target = at;
	return len == 1 && *at == '.' ? 0 : len;
}
