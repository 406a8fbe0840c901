// SPDX-License-Identifier: BSD-3-Clause
// From trademarks to domains: one search per trademark, then the records of the registered domains.
#include "collector/brand/state.h"

#include <stdlib.h>
#include <string.h>

enum { APEX_RECORDS_MAX = 500, KEYWORDS_MAX = 10000, SEARCHES_MAX = 16 };

struct collecting {
	struct brand *b;
	const char *keyword; // NULL: those of the set
	struct alike_set *set;
	char owner[TEXT_NAME_SIZE]; // of the record before
	size_t owner_len;
	struct brand_domain *domain; // NULL: its records are left out
	struct brand_name *name;     // NULL: not kept
	bool failed;
};

struct brand *brand_new(const struct brand_options *options)
{
	struct brand *b = calloc(1, sizeof(*b));

	if (b)
		b->options = *options;
	return b;
}

void brand_free(struct brand *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->len; i++)
		brand_domain_free(b->domains[i]);
	for (size_t i = 0; i < b->keywords_len; i++)
		free(b->keywords[i]);
	free(b->keywords);
	free(b->domains);
	free(b->slots);
	free(b);
}

// By reason, then by name, so that the report does not depend on the order in which names are found.
static bool is_after(const struct brand_name *n, const char *name, size_t len, enum alike_reason reason)
{
	if (n->reason != reason)
		return n->reason > reason;
	int order = memcmp(n->name, name, n->len < len ? n->len : len);
	return order > 0 || (order == 0 && n->len > len);
}

// Keeps a name, the best reasons first. NULL if it is not kept.
static struct brand_name *keep_name(struct collecting *c, const char *name, size_t len)
{
	struct brand_domain *d = c->domain;
	size_t at = d->names_len;
	uint32_t id = 0;
	enum alike_reason reason =
		c->keyword ? alike(c->keyword, strlen(c->keyword), name, len) : alike_set_best(c->set, name, len, &id);

	for (size_t i = 0; i < d->names_len; i++)
		if (d->names[i].len == len && memcmp(d->names[i].name, name, len) == 0)
			return &d->names[i];
	d->names_all++;
	while (at > 0 && is_after(&d->names[at - 1], name, len, reason))
		at--;
	if (at == BRAND_NAMES_KEPT)
		return NULL;
	char *copy = strndup(name, len);
	if (!copy) {
		c->failed = true;
		return NULL;
	}
	if (d->names_len == BRAND_NAMES_KEPT)
		free(d->names[--d->names_len].name);
	memmove(&d->names[at + 1], &d->names[at], (d->names_len - at) * sizeof(*d->names));
	d->names_len++;
	d->names[at] = (struct brand_name){.name = copy,
		.len = len,
		.keyword = c->keyword ? c->keyword : c->b->keywords[id],
		.reason = reason,
		.first = INT64_MAX,
		.last = INT64_MIN};
	return &d->names[at];
}

static void begin_name(struct collecting *c, const char *name, size_t len)
{
	struct brand *b = c->b;
	size_t at = zone_find_text(b->options.zones, name, len);

	c->owner_len = len < sizeof(c->owner) ? len : sizeof(c->owner) - 1;
	memcpy(c->owner, name, c->owner_len);
	c->domain = NULL;
	c->name = NULL;
	if (brand_own_has(b->options.own, name, len)) {
		b->own_names++;
		return;
	}
	if (at >= len)
		at = 0; // a public suffix itself
	c->domain = brand_domain_of(b, name + at, len - at);
	if (!c->domain) {
		c->failed = c->failed || !b->full;
		return;
	}
	c->domain->apex_known = c->domain->apex_known || at == 0;
	c->name = keep_name(c, name, len);
}

static bool is(const struct query_record *r, const char *type)
{
	return r->type_len == strlen(type) && memcmp(r->type, type, r->type_len) == 0;
}

// What a record says about its domain. False without memory.
static bool add_facts(struct brand_domain *d, const struct query_record *r)
{
	static const char spf[] = "\"v=spf1", null_mx[] = "0 .";

	if (is(r, "A") || is(r, "AAAA")) {
		d->resolves = true;
		return brand_texts_add(&d->addresses, r->rdata, r->rdata_len);
	}
	if (is(r, "CNAME"))
		d->resolves = true;
	if (is(r, "NS"))
		return brand_texts_add(&d->servers, r->rdata, r->rdata_len);
	if (is(r, "MX")) {
		bool none = r->rdata_len == strlen(null_mx) && memcmp(r->rdata, null_mx, r->rdata_len) == 0;
		d->no_mail = d->no_mail || none;
		d->has_mail = d->has_mail || !none;
		return brand_texts_add(&d->mail, r->rdata, r->rdata_len);
	}
	if (is(r, "TXT") && !d->spf && r->rdata_len >= strlen(spf) && memcmp(r->rdata, spf, strlen(spf)) == 0) {
		d->spf = strndup(r->rdata, r->rdata_len);
		return d->spf != NULL;
	}
	return true;
}

static void add_record(struct collecting *c, const struct query_record *r)
{
	struct brand_domain *d;

	if (c->owner_len != r->owner_len || memcmp(c->owner, r->owner, r->owner_len) != 0)
		begin_name(c, r->owner, r->owner_len);
	d = c->domain;
	if (!d)
		return;
	d->first = r->first < d->first ? r->first : d->first;
	d->last = r->last > d->last ? r->last : d->last;
	d->count += (uint64_t)r->count;
	if (c->name) {
		c->name->first = r->first < c->name->first ? r->first : c->name->first;
		c->name->last = r->last > c->name->last ? r->last : c->name->last;
	}
	c->failed = c->failed || !add_facts(d, r);
}

static int run_search(struct collecting *c, const struct query *q, struct query_db *db, char *why, size_t why_size)
{
	struct query_run *run = query_start(q, db);
	struct query_record record;
	enum query_step step = QUERY_FAILED;

	if (!run) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	while (!c->failed && ((step = query_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY))
		if (step == QUERY_RECORD)
			add_record(c, &record);
	if (c->failed)
		snprintf(why, why_size, "out of memory");
	else if (step == QUERY_FAILED)
		snprintf(why, why_size, "%s", query_why(run));
	query_stop(run);
	return c->failed || step == QUERY_FAILED ? -1 : 0;
}

int brand_add(struct brand *b, const char *keyword, char *why, size_t why_size)
{
	struct query q = query_make(QUERY_KEYWORD);

	if (query_parse_keyword(&q, keyword, why, why_size) != 0)
		return -1;
	for (size_t i = 0; i < b->keywords_len; i++)
		if (strcmp(b->keywords[i], q.name) == 0)
			return 0;
	bool room = b->keywords_len < KEYWORDS_MAX;
	char **more = room ? reallocarray(b->keywords, b->keywords_len + 1, sizeof(char *)) : NULL;
	char *copy = more ? strdup(q.name) : NULL;
	if (more)
		b->keywords = more;
	if (!copy) {
		snprintf(why, why_size, "found more than %d trademarks, or too little memory", KEYWORDS_MAX);
		return -1;
	}
	b->keywords[b->keywords_len++] = copy;
	return 0;
}

// All names are read once.
static int search_all(struct brand *b, struct query *q, struct query_db *db, char *why, size_t why_size)
{
	struct collecting c = {.b = b, .set = alike_set_new()};
	bool good = c.set != NULL;

	for (size_t i = 0; i < b->keywords_len && good; i++)
		good = alike_set_add(c.set, b->keywords[i], strlen(b->keywords[i]), (uint32_t)i);
	good = good && alike_set_seal(c.set);
	q->keywords = c.set;
	if (!good)
		snprintf(why, why_size, "out of memory");
	int result = good ? run_search(&c, q, db, why, why_size) : -1;
	alike_set_free(c.set);
	return result;
}

int brand_search(struct brand *b, struct query_db *db, char *why, size_t why_size)
{
	struct query q = query_make(QUERY_KEYWORD);
	int result = 0;

	q.time_max_s = b->options.time_max_s;
	q.no_placeholders = true;
	if (b->keywords_len > (db->owners ? SEARCHES_MAX : 1))
		return search_all(b, &q, db, why, why_size);
	for (size_t i = 0; i < b->keywords_len && result == 0; i++) {
		struct collecting c = {.b = b, .keyword = b->keywords[i]};
		q.name_len = strlen(b->keywords[i]);
		memcpy(q.name, b->keywords[i], q.name_len + 1);
		result = run_search(&c, &q, db, why, why_size);
	}
	return result;
}

// Name servers, mail servers and SPF of a registered domain of which only a name below was found.
static int read_apex(struct brand_domain *d, struct query_db *db, double time_max_s, char *why, size_t why_size)
{
	static const char *const types[] = {"NS", "MX", "TXT"};
	struct query q = query_make(QUERY_NAME);
	struct query_record record;
	enum query_step step;

	q.name_len = d->len;
	memcpy(q.name, d->domain, d->len + 1);
	q.types = QUERY_TYPES_LISTED;
	for (q.types_len = 0; q.types_len < sizeof(types) / sizeof(*types); q.types_len++)
		strcpy(q.type[q.types_len], types[q.types_len]);
	q.limit = APEX_RECORDS_MAX;
	q.time_max_s = time_max_s;
	struct query_run *run = query_start(&q, db);
	bool good = run != NULL;
	if (!run)
		snprintf(why, why_size, "out of memory");
	while (good && ((step = query_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY))
		if (step == QUERY_RECORD && !add_facts(d, &record))
			good = false;
	if (run && (!good || step == QUERY_FAILED)) {
		snprintf(why, why_size, "%s", good ? query_why(run) : "out of memory");
		good = false;
	}
	query_stop(run);
	return good ? 0 : -1;
}

static int by_score(const void *a, const void *b)
{
	const struct brand_domain *x = *(struct brand_domain *const *)a, *y = *(struct brand_domain *const *)b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->first != y->first)
		return x->first < y->first ? 1 : -1;
	return strcmp(x->domain, y->domain);
}

int brand_finish(struct brand *b, struct query_db *db, char *why, size_t why_size)
{
	size_t kept = 0;
	int result = 0;

	for (size_t i = 0; i < b->len; i++) {
		struct brand_domain *d = b->domains[i];
		if (d->first < b->options.since || d->names_len == 0) {
			brand_domain_free(d);
			continue;
		}
		b->domains[kept++] = d;
	}
	b->len = kept;
	for (size_t i = 0; i < b->len && result == 0; i++) {
		if (!b->domains[i]->apex_known)
			result = read_apex(b->domains[i], db, b->options.time_max_s, why, why_size);
		brand_score(b, b->domains[i]);
	}
	if (b->len > 0)
		qsort(b->domains, b->len, sizeof(*b->domains), by_score);
	return result;
}

struct brand_domain *const *brand_domains(const struct brand *b, size_t *len)
{
	*len = b->len;
	return b->domains;
}

bool brand_is_full(const struct brand *b)
{
	return b->full;
}

size_t brand_keywords(const struct brand *b, const char *const **keywords)
{
	*keywords = (const char *const *)b->keywords;
	return b->keywords_len;
}
