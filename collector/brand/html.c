// SPDX-License-Identifier: BSD-3-Clause
// The report as a page: self-contained, without scripts, made to be printed.
#include "collector/brand/form.h"
#include "collector/brand/state.h"

#include <string.h>

enum { HIGH = 70, MIDDLE = 45 };

static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Look-alike names</title>\n<style>\n"
	":root { color-scheme: light }\n"
	"body { font: 14px/1.4 system-ui, 'Liberation Sans', sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }\n"
	"h1 { font-size: 1.5rem; margin: 0 0 .25rem }\n"
	"p { margin: .25rem 0 }\n"
	".sum { color: #555 }\n"
	"table { border-collapse: collapse; width: 100%; margin-top: 1rem; table-layout: fixed }\n"
	"th { text-align: left; border-bottom: 2px solid #444; padding: .3rem .5rem; font-size: 12px }\n"
	"td { border-bottom: 1px solid #ccc; padding: .4rem .5rem; vertical-align: top; overflow-wrap: anywhere }\n"
	"tr { break-inside: avoid }\n"
	"thead { display: table-header-group }\n"
	".score { width: 3.5rem; font-weight: bold; text-align: right }\n"
	".high { color: #a40000 } .middle { color: #8a5a00 } .low { color: #555 }\n"
	".name { width: 25% } .seen { width: 6rem } .mail { width: 14% } .why { width: 21% }\n"
	".name b { font-size: 15px }\n"
	".kind { display: inline-block; border: 1px solid #888; border-radius: 3px; padding: 0 .3rem; font-size: 12px }\n"
	"ul { margin: 0; padding: 0; list-style: none }\n"
	".more, small { color: #555; font-size: 12px }\n"
	"@page { size: A4 landscape; margin: 12mm }\n"
	"@media print { body { font-size: 9pt; margin: 0; padding: 0; max-width: none } .name b { font-size: 10pt } }\n"
	"</style>\n</head>\n<body>\n";

static void put_cell(struct redis_buffer *out, const char *text)
{
	brand_html_text(out, text, strlen(text));
}

static void put_name(struct redis_buffer *out, const char *name, size_t len)
{
	char readable[4 * TEXT_NAME_SIZE];

	brand_html_text(out, name, len);
	size_t n = brand_readable(name, len, readable);
	if (n == 0)
		return;
	query_put_text(out, " <bdi>(");
	brand_html_text(out, readable, n);
	query_put_text(out, ")</bdi>");
}

static void put_texts(struct redis_buffer *out, const struct brand_texts *t)
{
	query_put_text(out, "<ul>");
	for (size_t i = 0; i < t->len; i++) {
		query_put_text(out, "<li>");
		put_cell(out, t->text[i]);
		query_put_text(out, "</li>");
	}
	query_put_text(out, "</ul>");
	if (t->all > t->len) {
		query_put_text(out, "<small>of ");
		query_put_number(out, (int64_t)t->all);
		query_put_text(out, "</small>");
	}
}

static void put_names(struct redis_buffer *out, const struct brand_domain *d)
{
	query_put_text(out, "<b>");
	put_name(out, d->domain, d->len);
	query_put_text(out, "</b><br><span class=\"kind\">");
	put_cell(out, alike_reason_text[d->names[0].reason]);
	query_put_text(out, "</span> <small>");
	put_cell(out, d->names[0].keyword);
	query_put_text(out, "</small><ul class=\"more\">");
	for (size_t i = 0; i < d->names_len; i++) {
		if (d->names[i].len == d->len && memcmp(d->names[i].name, d->domain, d->len) == 0)
			continue;
		query_put_text(out, "<li>");
		put_name(out, d->names[i].name, d->names[i].len);
		query_put_text(out, "</li>");
	}
	query_put_text(out, "</ul>");
	if (d->names_all > d->names_len) {
		query_put_text(out, "<small>");
		query_put_number(out, (int64_t)d->names_all);
		query_put_text(out, " names</small>");
	}
}

static void put_mail(struct redis_buffer *out, const struct brand_domain *d)
{
	put_texts(out, &d->mail);
	if (d->spf) {
		query_put_text(out, "<small>");
		put_cell(out, d->spf);
		query_put_text(out, "</small>");
	}
	if (!*brand_mail_text(d))
		query_put_text(out, "<small>none seen</small>");
}

static void put_row(struct redis_buffer *out, const struct brand_domain *d)
{
	query_put_text(out, "<tr><td class=\"score ");
	query_put_text(out, d->score >= HIGH ? "high\">" : d->score >= MIDDLE ? "middle\">" : "low\">");
	query_put_number(out, d->score);
	query_put_text(out, "</td><td>");
	put_names(out, d);
	query_put_text(out, "</td><td>");
	brand_put_date(out, d->first);
	query_put_text(out, "<br>");
	brand_put_date(out, d->last);
	query_put_text(out, "</td><td>");
	put_texts(out, &d->addresses);
	if (!d->resolves)
		query_put_text(out, "<small>does not resolve</small>");
	query_put_text(out, "<small>");
	put_cell(out, d->network);
	query_put_text(out, "</small></td><td>");
	put_texts(out, &d->servers);
	query_put_text(out, "</td><td>");
	put_mail(out, d);
	query_put_text(out, "</td><td><small>");
	put_cell(out, d->reasons);
	query_put_text(out, "</small></td></tr>\n");
}

static void put_summary(struct redis_buffer *out, const struct brand *b, size_t len, size_t shown)
{
	size_t mail = 0, high = 0;

	for (size_t i = 0; i < len; i++) {
		mail += b->domains[i]->has_mail;
		high += b->domains[i]->score >= HIGH;
	}
	query_put_text(out, "<h1>Names that look like ");
	for (size_t i = 0; i < b->keywords_len; i++) {
		query_put_text(out, i > 0 ? ", " : "");
		put_cell(out, b->keywords[i]);
	}
	query_put_text(out, "</h1>\n<p class=\"sum\">Made ");
	brand_put_date(out, b->options.now);
	if (b->options.since != INT64_MIN) {
		query_put_text(out, ", first seen since ");
		brand_put_date(out, b->options.since);
	}
	query_put_text(out, " from passive DNS. Domains: ");
	query_put_number(out, (int64_t)len);
	query_put_text(out, "; with MX: ");
	query_put_number(out, (int64_t)mail);
	query_put_text(out, "; score of 70 or more: ");
	query_put_number(out, (int64_t)high);
	query_put_text(out, "; own names left out: ");
	query_put_number(out, (int64_t)b->own_names);
	query_put_text(out, ".");
	if (shown < len) {
		query_put_text(out, " The first ");
		query_put_number(out, (int64_t)shown);
		query_put_text(out, " are listed.");
	}
	if (b->full)
		query_put_text(out, " There were too many domains; some were left out.");
	query_put_text(out, "</p>\n");
}

void brand_put_html(struct redis_buffer *out, const struct brand *b, size_t limit)
{
	size_t shown = limit > 0 && limit < b->len ? limit : b->len;

	query_put_text(out, head);
	put_summary(out, b, b->len, shown);
	query_put_text(out, "<table>\n<thead><tr><th class=\"score\">Score</th><th class=\"name\">Domain, names</th>"
			    "<th class=\"seen\">First, last seen</th><th>Addresses</th><th>Name servers</th>"
			    "<th class=\"mail\">MX, SPF</th><th class=\"why\">Reasons</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < shown; i++)
		put_row(out, b->domains[i]);
	query_put_text(out, "</tbody>\n</table>\n</body>\n</html>\n");
}
