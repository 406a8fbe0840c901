// SPDX-License-Identifier: BSD-3-Clause
// brand: all names that look like trademarks, grouped by registered domain.
#include "collector/cli/lookback.h"

#include "collector/brand/brand.h"
#include "collector/question/question.h"

#include <stdlib.h>
#include <time.h>

enum { DOMAIN_MIN = 20, DOMAIN_MAX = 44, KIND_WIDTH = 16, MAIL_WIDTH = 7, SERVER_WIDTH = 24 };

struct brand_adding {
	struct lookback *l;
	struct brand *brand;
	bool failed;
};

static bool add(void *arg, const char *text)
{
	struct brand_adding *s = arg;
	char why[600], word[2 * TEXT_NAME_SIZE];

	text += strspn(text, " \t");
	int len = (int)strcspn(text, "\r\n");
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	snprintf(word, sizeof(word), "%.*s", len, text);
	if (brand_add(s->brand, word, why, sizeof(why)) != 0) {
		lookback_fail("brand: %s", why);
		s->failed = true;
	}
	return !s->failed;
}

// --- a table

static void put_padded(const char *text, size_t width)
{
	size_t octets, columns = lookback_columns(text, width, &octets);
	bool cut = text[octets] != '\0';

	if (cut)
		columns = lookback_columns(text, width - 1, &octets) + 1;
	fwrite(text, 1, octets, stdout);
	fputs(cut ? "…" : "", stdout);
	printf("%*s", (int)(width - columns + 2), "");
}

static void title_of(const struct brand_domain *d, char *out, size_t size)
{
	char readable[4 * TEXT_NAME_SIZE];
	size_t n = query_readable(d->domain, d->len, readable, sizeof(readable));

	if (n > 0)
		snprintf(out, size, "%s (%.*s)", d->domain, (int)n, readable);
	else
		snprintf(out, size, "%s", d->domain);
}

static void print_row(const struct brand_domain *d, size_t width)
{
	char title[6 * TEXT_NAME_SIZE], first[24], last[24];

	title_of(d, title, sizeof(title));
	query_time_text(d->first, "%Y-%m-%d", first, sizeof(first));
	query_time_text(d->last, "%Y-%m-%d", last, sizeof(last));
	printf("%5u  %-10s  %-10s  ", d->score, first, last);
	put_padded(title, width);
	put_padded(alike_reason_text[d->names[0].reason], KIND_WIDTH);
	put_padded(brand_mail_text(d), MAIL_WIDTH);
	put_padded(d->servers.len > 0 ? d->servers.text[0] : "-", SERVER_WIDTH);
	fputs(d->addresses.len > 0 ? d->addresses.text[0] : "-", stdout);
	if (d->addresses.all > 1)
		printf(" +%llu", (unsigned long long)(d->addresses.all - 1));
	printf("%s%s\n", *d->network ? "  " : "", d->network);
}

static void print_table(const struct brand *b, size_t limit)
{
	size_t len, width = DOMAIN_MIN, octets;
	struct brand_domain *const *domains = brand_domains(b, &len);
	char title[6 * TEXT_NAME_SIZE];

	len = limit > 0 && limit < len ? limit : len;
	for (size_t i = 0; i < len; i++) {
		title_of(domains[i], title, sizeof(title));
		size_t columns = lookback_columns(title, DOMAIN_MAX, &octets);
		width = columns > width ? columns : width;
	}
	if (len > 0)
		printf("%5s  %-10s  %-10s  %-*s  %-*s  %-*s  %-*s  %s\n", "SCORE", "FIRST SEEN", "LAST SEEN",
			(int)width, "DOMAIN", KIND_WIDTH, "KIND", MAIL_WIDTH, "MAIL", SERVER_WIDTH, "NAME SERVER",
			"ADDRESS");
	for (size_t i = 0; i < len; i++)
		print_row(domains[i], width);
}

static int print(const struct lookback *l, const struct brand *b)
{
	struct redis_buffer out = {0};
	size_t limit = (size_t)l->filter.limit, len;
	int result = 0;

	brand_domains(b, &len);
	if (l->output == OUTPUT_JSON)
		brand_put_json(&out, b, limit);
	else if (l->output == OUTPUT_CSV)
		brand_put_csv(&out, b, limit);
	else if (l->output == OUTPUT_HTML)
		brand_put_html(&out, b, limit);
	else
		print_table(b, limit);
	if (out.bad)
		result = lookback_fail("out of memory");
	else if (out.size > 0)
		fwrite(out.bytes, 1, out.size, stdout);
	redis_buffer_free(&out);
	if (limit > 0 && limit < len && !l->has_limit)
		fprintf(stderr, "lookback: there are more domains; --limit 0 prints all\n");
	if (brand_is_full(b))
		fprintf(stderr, "lookback: brand: found more than %d domains; some are left out\n", BRAND_DOMAINS_MAX);
	if (len == 0 && l->output == OUTPUT_TABLE)
		fputs("lookback: nothing found\n", stderr);
	return result;
}

static int make_report(struct lookback *l, struct brand *b)
{
	struct brand_adding s = {.l = l, .brand = b};
	char why[600];
	const char *const *keywords;
	size_t len;

	if (lookback_each(l, add, &s) != 0 || s.failed)
		return LOOKBACK_FAILED;
	if (brand_keywords(b, &keywords) == 0)
		return lookback_fail("brand: found no trademark, expected at least one");
	query_db_load_owners(&l->db, l->settings.names_file);
	int result = brand_search(b, &l->db, why, sizeof(why));
	query_db_unload(&l->db);
	if (result != 0 || brand_finish(b, &l->db, why, sizeof(why)) != 0)
		return lookback_fail("brand: %s", why);
	brand_domains(b, &len);
	if (!l->quiet && print(l, b) != 0)
		return LOOKBACK_FAILED;
	return len > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_brand(struct lookback *l)
{
	char why[600];
	struct brand_own *own = l->own ? brand_own_read(l->own, why, sizeof(why)) : NULL;
	struct brand_options options = {.now = time(NULL),
		.since = l->filter.last_after,
		.own = own,
		.zones = l->zones,
		.context = l->context,
		.time_max_s = l->filter.time_max_s};

	if (l->own && !own)
		return lookback_fail("--own: %s", why);
	struct brand *b = brand_new(&options);
	int result = b ? make_report(l, b) : lookback_fail("out of memory");
	brand_free(b);
	brand_own_free(own);
	return result;
}
