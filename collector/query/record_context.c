// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/record_context.h"

#include "collector/query/json.h"
#include "collector/query/rdata.h"

#include <string.h>

static bool is_type(const struct query_record *r, const char *type)
{
	return r->type_len == strlen(type) && memcmp(r->type, type, r->type_len) == 0;
}

bool query_context_of(struct query_context *out, const struct context *c, const struct query_record *r)
{
	struct context_name owner, target;
	const char *name;
	size_t len;

	context_of_name(c, r->owner, r->owner_len, &owner);
	if (is_type(r, "A") || is_type(r, "AAAA")) {
		context_of_address_text(c, r->rdata, r->rdata_len, &out->network);
	} else {
		context_of_address(c, NULL, 0, &out->network);
		len = query_target(r, &name);
		if (len > 0 && context_of_name(c, name, len, &target)) {
			out->network.kind = target.kind;
			strcpy(out->network.label, target.label);
		}
	}
	if (out->network.kind == CONTEXT_NONE && !out->network.label[0]) {
		out->network.kind = owner.kind;
		strcpy(out->network.label, owner.label);
	}
	out->rank = owner.rank;
	return out->rank > 0 || out->network.asn > 0 || out->network.country[0] || out->network.label[0] ||
	       out->network.kind != CONTEXT_NONE;
}

static void put_name(struct redis_buffer *out, const char *name, char *separator)
{
	query_put(out, separator, 1);
	*separator = ',';
	query_put_text(out, name);
}

static void put_text(struct redis_buffer *out, const char *name, const char *text, char *separator)
{
	if (!*text)
		return;
	put_name(out, name, separator);
	query_put_utf8(out, text);
}

static void put_number(struct redis_buffer *out, const char *name, uint32_t number, char *separator)
{
	if (number == 0)
		return;
	put_name(out, name, separator);
	query_put_number(out, number);
}

void query_context_json(struct redis_buffer *out, const struct context *c, const struct query_record *r)
{
	struct query_context known;
	char separator = '{';

	if (out->bad || !query_context_of(&known, c, r))
		return;
	out->size--; // the brace
	query_put_text(out, ",\"context\":");
	put_number(out, "\"asn\":", known.network.asn, &separator);
	put_text(out, "\"as_name\":", known.network.as_name, &separator);
	put_text(out, "\"country\":", known.network.country, &separator);
	put_text(out, "\"label\":", known.network.label, &separator);
	put_text(out, "\"kind\":", context_kind_text[known.network.kind], &separator);
	put_number(out, "\"rank\":", known.rank, &separator);
	query_put_text(out, "}}");
}

// A quoted field, or an empty one.
static void put_field(struct redis_buffer *out, const char *text)
{
	query_put_text(out, *text ? ",\"" : ",");
	for (const char *at = text; *at; at++)
		query_put(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
	query_put_text(out, *text ? "\"" : "");
}

static void put_number_field(struct redis_buffer *out, uint32_t number)
{
	query_put_text(out, ",");
	if (number > 0)
		query_put_number(out, number);
}

void query_context_csv(struct redis_buffer *out, const struct context *c, const struct query_record *r)
{
	struct query_context known;

	if (out->bad)
		return;
	query_context_of(&known, c, r);
	out->size -= 2; // the end of the line
	put_number_field(out, known.network.asn);
	put_field(out, known.network.as_name);
	put_field(out, known.network.country);
	put_field(out, known.network.label);
	put_field(out, context_kind_text[known.network.kind]);
	put_number_field(out, known.rank);
	query_put_text(out, "\r\n");
}
