// SPDX-License-Identifier: BSD-3-Clause
// The score of a domain: points with their reasons, 0 to 100. docs/brand.md lists them.
#include "collector/brand/state.h"

#include "collector/context/context.h"

#include <stdarg.h>
#include <string.h>

enum { DAY = 86400, NEW_DAYS = 7, RECENT_DAYS = 30, POPULAR_RANK = 100000, SHORT_KEYWORD = 5 };

struct scoring {
	struct brand_domain *d;
	int score;
	size_t len; // of the reasons
};

static void add(struct scoring *s, int points, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add(struct scoring *s, int points, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->score += points;
	int n = snprintf(s->d->reasons + s->len, sizeof(s->d->reasons) - s->len, "%s%s %+d", s->len > 0 ? "; " : "",
		text, points);
	s->len += n > 0 ? (size_t)n : 0;
	if (s->len >= sizeof(s->d->reasons))
		s->len = sizeof(s->d->reasons) - 1;
}

// True if the keyword is at `at` between dots, hyphens or the ends of the name.
static bool is_word(const char *name, size_t len, size_t at, size_t keyword_len)
{
	return (at == 0 || strchr(".-", name[at - 1])) &&
	       (at + keyword_len == len || strchr(".-", name[at + keyword_len]));
}

static bool has_word(const struct brand_name *n)
{
	size_t keyword_len = strlen(n->keyword);

	for (size_t at = 0; at + keyword_len <= n->len; at++)
		if (memcmp(n->name + at, n->keyword, keyword_len) == 0 && is_word(n->name, n->len, at, keyword_len))
			return true;
	return false;
}

static void add_contained(struct scoring *s, const struct brand_name *n)
{
	const struct brand_domain *d = s->d;
	size_t keyword_len = strlen(n->keyword);
	bool word = false;

	if (d->len > keyword_len && memcmp(d->domain, n->keyword, keyword_len) == 0 && d->domain[keyword_len] == '.') {
		add(s, 50, "the same name under another suffix");
		return;
	}
	for (size_t i = 0; i < d->names_len && !word; i++)
		word = has_word(&d->names[i]);
	if (word)
		add(s, 35, "contains it as a word");
	else
		add(s, keyword_len < SHORT_KEYWORD ? 5 : 20, "contains it");
}

static void add_kind(struct scoring *s)
{
	static const int points[ALIKE_MAX] = {[ALIKE_HOMOGLYPH] = 55,
		[ALIKE_DIGIT] = 50,
		[ALIKE_SPLIT] = 45,
		[ALIKE_EDIT] = 35,
		[ALIKE_SIMILAR] = 35};
	const struct brand_domain *d = s->d;
	const struct brand_name *best = &d->names[0];

	if (best->reason == ALIKE_CONTAINS)
		add_contained(s, best);
	else
		add(s, points[best->reason], "%s", alike_reason_text[best->reason]);
	if (alike(best->keyword, strlen(best->keyword), d->domain, d->len) != ALIKE_NONE)
		add(s, 10, "in the registered domain");
}

// Words that imitations add.
static void add_lures(struct scoring *s)
{
	static const char *const lures[] = {"login", "logon", "signin", "secure", "security", "account", "verify",
		"verification", "update", "support", "service", "billing", "payment", "invoice", "wallet", "banking",
		"auth", "password", "confirm", "unlock", "recovery", "refund", "helpdesk"};

	for (size_t i = 0; i < s->d->names_len; i++)
		for (size_t k = 0; k < sizeof(lures) / sizeof(*lures); k++)
			if (memmem(s->d->names[i].name, s->d->names[i].len, lures[k], strlen(lures[k]))) {
				add(s, 10, "word %s", lures[k]);
				return;
			}
}

static void add_mail(struct scoring *s)
{
	const struct brand_domain *d = s->d;

	if (d->has_mail)
		add(s, 15, "has MX");
	else if (d->no_mail)
		add(s, -5, "null MX: takes no mail");
	if (d->spf && strcmp(d->spf, "\"v=spf1 -all\"") != 0)
		add(s, 5, "SPF permits mail");
}

static void add_age(struct scoring *s, int64_t now)
{
	int64_t days = (now - s->d->first) / DAY;

	if (s->d->first <= now && days < NEW_DAYS)
		add(s, 15, "first seen in the last %d days", NEW_DAYS);
	else if (s->d->first <= now && days < RECENT_DAYS)
		add(s, 8, "first seen in the last %d days", RECENT_DAYS);
}

static void describe_network(struct brand_domain *d, const struct context_address *known)
{
	char as[32] = "";

	if (known->asn > 0)
		snprintf(as, sizeof(as), "AS%u", (unsigned)known->asn);
	snprintf(d->network, sizeof(d->network), "%s%s%s%s%s%s%s", known->country, *known->country && *as ? " " : "",
		as, *known->as_name ? " " : "", known->as_name, *known->label ? ", " : "", known->label);
}

static void add_context(struct scoring *s, const struct brand *b)
{
	struct brand_domain *d = s->d;
	struct context_address network;
	struct context_name name;
	bool parked = false, sunk = false;

	if (!b->options.context)
		return;
	d->rank = context_rank(b->options.context, d->domain, d->len);
	if (d->rank > 0 && d->rank <= POPULAR_RANK)
		add(s, -30, "popular: rank %u", (unsigned)d->rank);
	for (size_t i = 0; i < d->addresses.len; i++) {
		const char *text = d->addresses.text[i];
		if (!context_of_address_text(b->options.context, text, strlen(text), &network))
			continue;
		if (!*d->network)
			describe_network(d, &network);
		parked = parked || network.kind == CONTEXT_PARKING;
		sunk = sunk || network.kind == CONTEXT_SINKHOLE;
	}
	for (size_t i = 0; i < d->servers.len; i++) {
		context_of_name(b->options.context, d->servers.text[i], strlen(d->servers.text[i]), &name);
		parked = parked || name.kind == CONTEXT_PARKING;
		sunk = sunk || name.kind == CONTEXT_SINKHOLE;
	}
	if (sunk)
		add(s, -20, "sinkhole");
	else if (parked)
		add(s, -10, "parked");
}

void brand_score(const struct brand *b, struct brand_domain *d)
{
	struct scoring s = {.d = d};

	add_kind(&s);
	add_lures(&s);
	if (d->resolves)
		add(&s, 10, "resolves");
	add_mail(&s);
	add_age(&s, b->options.now);
	add_context(&s, b);
	d->score = s.score < 0 ? 0 : s.score > 100 ? 100 : (unsigned)s.score;
}

const char *brand_mail_text(const struct brand_domain *d)
{
	bool spf = d->spf && strcmp(d->spf, "\"v=spf1 -all\"") != 0;

	return d->has_mail ? spf ? "mx, spf" : "mx" : spf ? "spf" : d->no_mail ? "none" : "";
}
