// SPDX-License-Identifier: BSD-3-Clause
// JSON: one object per domain and line. CSV: one row per domain.
#include "collector/brand/form.h"

#include <string.h>

static size_t shown(const struct brand *b, size_t limit, struct brand_domain *const **domains)
{
	size_t len;

	*domains = brand_domains(b, &len);
	return limit > 0 && limit < len ? limit : len;
}

static void put_member(struct redis_buffer *out, const char *name, const char *text, size_t len)
{
	query_put_text(out, ",\"");
	query_put_text(out, name);
	query_put_text(out, "\":");
	query_put_json(out, text, len);
}

static void put_number(struct redis_buffer *out, const char *name, int64_t number)
{
	query_put_text(out, ",\"");
	query_put_text(out, name);
	query_put_text(out, "\":");
	query_put_number(out, number);
}

static void put_unicode(struct redis_buffer *out, const char *name, size_t len)
{
	char readable[4 * TEXT_NAME_SIZE];

	if (brand_readable(name, len, readable) == 0)
		return;
	query_put_text(out, ",\"unicode\":");
	query_put_utf8(out, readable);
}

static void put_texts(struct redis_buffer *out, const char *name, const struct brand_texts *t)
{
	query_put_text(out, ",\"");
	query_put_text(out, name);
	query_put_text(out, "\":[");
	for (size_t i = 0; i < t->len; i++) {
		query_put_text(out, i > 0 ? "," : "");
		query_put_json(out, t->text[i], strlen(t->text[i]));
	}
	query_put_text(out, "]");
}

static void put_names(struct redis_buffer *out, const struct brand_domain *d)
{
	query_put_text(out, ",\"names\":[");
	for (size_t i = 0; i < d->names_len; i++) {
		const struct brand_name *n = &d->names[i];
		query_put_text(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		query_put_json(out, n->name, n->len);
		put_unicode(out, n->name, n->len);
		put_member(out, "kind", alike_reason_text[n->reason], strlen(alike_reason_text[n->reason]));
		put_member(out, "keyword", n->keyword, strlen(n->keyword));
		put_number(out, "time_first", n->first);
		put_number(out, "time_last", n->last);
		query_put_text(out, "}");
	}
	query_put_text(out, "]");
	put_number(out, "names_all", (int64_t)d->names_all);
}

static void put_reasons(struct redis_buffer *out, const char *reasons)
{
	query_put_text(out, ",\"reasons\":[");
	for (const char *at = reasons; *at;) {
		size_t len = strcspn(at, ";");
		query_put_json(out, at, len);
		at += len;
		if (*at) {
			query_put_text(out, ",");
			at += strspn(at, "; ");
		}
	}
	query_put_text(out, "]");
}

static void put_domain(struct redis_buffer *out, const struct brand_domain *d)
{
	const struct brand_name *best = &d->names[0];
	const char *kind = alike_reason_text[best->reason], *mail = brand_mail_text(d);

	query_put_text(out, "{\"domain\":");
	query_put_json(out, d->domain, d->len);
	put_unicode(out, d->domain, d->len);
	put_number(out, "score", d->score);
	put_member(out, "kind", kind, strlen(kind));
	put_member(out, "keyword", best->keyword, strlen(best->keyword));
	put_reasons(out, d->reasons);
	put_number(out, "time_first", d->first);
	put_number(out, "time_last", d->last);
	put_number(out, "count", (int64_t)d->count);
	put_names(out, d);
	query_put_text(out, d->resolves ? ",\"resolves\":true" : ",\"resolves\":false");
	put_texts(out, "addresses", &d->addresses);
	put_number(out, "addresses_all", (int64_t)d->addresses.all);
	put_texts(out, "ns", &d->servers);
	put_texts(out, "mx", &d->mail);
	if (d->spf)
		put_member(out, "spf", d->spf, strlen(d->spf));
	put_member(out, "mail", mail, strlen(mail));
	if (d->rank > 0)
		put_number(out, "rank", d->rank);
	if (*d->network) {
		query_put_text(out, ",\"network\":");
		query_put_utf8(out, d->network);
	}
	query_put_text(out, "}\n");
}

void brand_put_json(struct redis_buffer *out, const struct brand *b, size_t limit)
{
	struct brand_domain *const *domains;
	size_t len = shown(b, limit, &domains);

	for (size_t i = 0; i < len; i++)
		put_domain(out, domains[i]);
}

static void put_list(struct redis_buffer *out, const struct brand_texts *t)
{
	struct redis_buffer list = {0};

	for (size_t i = 0; i < t->len; i++) {
		query_put_text(&list, i > 0 ? "; " : "");
		query_put_text(&list, t->text[i]);
	}
	query_put(&list, "", 1);
	query_put_text(out, ",");
	brand_csv_text(out, list.bad ? "" : list.bytes);
	redis_buffer_free(&list);
}

static void put_field(struct redis_buffer *out, const char *text)
{
	query_put_text(out, ",");
	brand_csv_text(out, text);
}

static void put_row(struct redis_buffer *out, const struct brand_domain *d)
{
	char readable[4 * TEXT_NAME_SIZE], text[24];

	brand_csv_text(out, d->domain);
	brand_readable(d->domain, d->len, readable);
	put_field(out, readable);
	query_put_text(out, ",");
	query_put_number(out, d->score);
	put_field(out, alike_reason_text[d->names[0].reason]);
	put_field(out, d->names[0].keyword);
	put_field(out, d->names[0].name);
	query_put_text(out, ",");
	query_put_number(out, (int64_t)d->names_all);
	query_time_text(d->first, "%Y-%m-%dT%H:%M:%SZ", text, sizeof(text));
	put_field(out, text);
	query_time_text(d->last, "%Y-%m-%dT%H:%M:%SZ", text, sizeof(text));
	put_field(out, text);
	put_list(out, &d->addresses);
	put_list(out, &d->servers);
	put_list(out, &d->mail);
	put_field(out, d->spf ? d->spf : "");
	put_field(out, brand_mail_text(d));
	query_put_text(out, ",");
	if (d->rank > 0)
		query_put_number(out, d->rank);
	put_field(out, d->network);
	put_field(out, d->reasons);
	query_put_text(out, "\r\n");
}

void brand_put_csv(struct redis_buffer *out, const struct brand *b, size_t limit)
{
	struct brand_domain *const *domains;
	size_t len = shown(b, limit, &domains);

	query_put_text(out,
		"domain,unicode,score,kind,keyword,name,names,first_seen,last_seen,addresses,ns,mx,spf,mail,rank,network,reasons\r\n");
	for (size_t i = 0; i < len; i++)
		put_row(out, domains[i]);
}
