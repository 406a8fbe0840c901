// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/name_summary.h"

bool query_name_summary_is_full(const struct query_name_summary *f, const struct query_record *r)
{
	return f->name_len > 0 && (f->name_len != r->owner_len || memcmp(f->name, r->owner, r->owner_len) != 0);
}

// True if "A,AAAA" has the type already.
static bool has_type(const char *types, const char *type, size_t len)
{
	for (const char *at = types; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
		if (strcspn(at, ",") == len && memcmp(at, type, len) == 0)
			return true;
	return false;
}

void query_name_summary_add(struct query_name_summary *f, const struct query_record *r)
{
	size_t used = strlen(f->types);

	if (f->name_len == 0) {
		*f = (struct query_name_summary){.first = r->first, .last = r->last};
		f->name_len = r->owner_len < sizeof(f->name) ? r->owner_len : sizeof(f->name) - 1;
		memcpy(f->name, r->owner, f->name_len);
		used = 0;
	}
	f->first = r->first < f->first ? r->first : f->first;
	f->last = r->last > f->last ? r->last : f->last;
	f->count += r->count;
	if (has_type(f->types, r->type, r->type_len) || used + r->type_len + 2 > sizeof(f->types))
		return;
	if (used > 0)
		f->types[used++] = ',';
	memcpy(f->types + used, r->type, r->type_len);
	f->types[used + r->type_len] = '\0';
}

void query_name_summary_json(struct redis_buffer *out, const struct query_name_summary *f, const char *keyword)
{
	const char *reason = alike_reason_text[alike(keyword, strlen(keyword), f->name, f->name_len)];
	char unicode[4 * TEXT_NAME_SIZE];

	query_put_text(out, "{\"name\":");
	query_put_json(out, f->name, f->name_len);
	if (alike_unicode(f->name, f->name_len, unicode, sizeof(unicode)) > 0) {
		query_put_text(out, ",\"unicode\":");
		query_put_utf8(out, unicode);
	}
	query_put_text(out, ",\"reason\":");
	query_put_json(out, reason, strlen(reason));
	query_put_text(out, ",\"types\":[");
	for (const char *at = f->types; *at;) {
		size_t len = strcspn(at, ",");
		query_put_json(out, at, len);
		at += len;
		if (*at) {
			query_put_text(out, ",");
			at++;
		}
	}
	query_put_text(out, "],\"time_first\":");
	query_put_number(out, f->first);
	query_put_text(out, ",\"time_last\":");
	query_put_number(out, f->last);
	query_put_text(out, ",\"count\":");
	query_put_number(out, f->count);
	query_put_text(out, "}");
}
