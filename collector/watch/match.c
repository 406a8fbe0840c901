// SPDX-License-Identifier: BSD-3-Clause
// A record against a set of rules.
#include "collector/watch/compile.h"

#include "collector/context/context.h"
#include "collector/query/query.h"
#include "dataplane/common/dns_types.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS_MAX = 16 };

// Where a term was found, for the reason.
struct match_mark {
	uint32_t round;	 // number of the lookup: the mark counts if it is the present one
	uint32_t part;	 // offset in the owner or the target, or bits of the network
	uint16_t target; // offset of the target in the RDATA + 1; 0: the owner
	uint16_t value;	 // which keyword
	uint8_t alike;	 // enum alike_reason
	bool network;	 // found by an address
	bool candidate;	 // of `round`: tried already
};

struct watch_matcher {
	const struct watch_set *set;
	const struct watch_record *record;
	uint32_t round;
	struct match_mark *marks; // by term
	uint32_t *hits;		  // terms of this lookup
	size_t hits_len;
	uint32_t *rules;	// result
	uint32_t *rules_round;	// by rule: is in the result of this round
	uint32_t *rules_clause; // by rule: the clause that matched
	size_t rules_len;
	unsigned news;
	size_t target; // of the name being looked up
	uint8_t address[16];
	size_t address_size; // 4, 16; 0: the record has none
	const struct context *context;
	bool asked; // the context was asked in this lookup
	struct context_address about;
};

struct watch_matcher *watch_matcher_new(const struct watch_set *s)
{
	struct watch_matcher *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->set = s;
	m->marks = calloc(s->rules.terms_len + 1, sizeof(*m->marks));
	m->hits = calloc(s->rules.terms_len + 1, sizeof(*m->hits));
	m->rules = calloc(s->rules.len + 1, sizeof(*m->rules));
	m->rules_round = calloc(s->rules.len + 1, sizeof(*m->rules_round));
	m->rules_clause = calloc(s->rules.len + 1, sizeof(*m->rules_clause));
	if (m->marks && m->hits && m->rules && m->rules_round && m->rules_clause)
		return m;
	watch_matcher_free(m);
	return NULL;
}

void watch_matcher_free(struct watch_matcher *m)
{
	if (!m)
		return;
	free(m->marks);
	free(m->hits);
	free(m->rules);
	free(m->rules_round);
	free(m->rules_clause);
	free(m);
}

void watch_matcher_know(struct watch_matcher *m, const struct context *context)
{
	m->context = context;
}

// terms that hold ──────────────────────────────────────────────────────────────────────────────

static void hit(void *arg, uint32_t term, size_t at)
{
	struct watch_matcher *m = arg;
	struct match_mark *mark = &m->marks[term];

	if (mark->round == m->round)
		return;
	*mark = (struct match_mark){.round = m->round, .part = (uint32_t)at, .target = (uint16_t)m->target};
	m->hits[m->hits_len++] = term;
}

static void hit_network(void *arg, uint32_t term, size_t bits)
{
	struct watch_matcher *m = arg;

	hit(arg, term, bits);
	m->marks[term].network = true;
}

// Why the record has one of the keywords of a term, and which.
static enum alike_reason compare(const struct watch_term *t, const struct watch_record *r, uint16_t *value)
{
	for (size_t i = 0; i < t->len; i++) {
		*value = (uint16_t)i;
		if (t->kind == WATCH_CONTAINS) {
			if (memmem(r->name, r->name_len, t->values[i], strlen(t->values[i])))
				return ALIKE_CONTAINS;
			continue;
		}
		enum alike_reason reason = alike(t->values[i], strlen(t->values[i]), r->name, r->name_len);
		if (reason != ALIKE_NONE)
			return reason;
	}
	return ALIKE_NONE;
}

static void try_keyword(void *arg, uint32_t term)
{
	struct watch_matcher *m = arg;
	struct match_mark *mark = &m->marks[term];

	if (mark->round == m->round)
		return;
	uint16_t value = 0;
	enum alike_reason reason = compare(&m->set->rules.terms[term], m->record, &value);
	*mark = (struct match_mark){.round = m->round, .value = value, .alike = (uint8_t)reason, .candidate = true};
	if (reason != ALIKE_NONE)
		m->hits[m->hits_len++] = term;
}

// Each word of the RDATA that may be a name.
static void find_targets(struct watch_matcher *m)
{
	const struct watch_record *r = m->record;
	unsigned targets = 0;

	for (size_t at = 0, end; at < r->rdata_len && targets < TARGETS_MAX; at = end + 1) {
		for (end = at; end < r->rdata_len && r->rdata[end] != ' '; end++)
			;
		if (end == at || end - at > TEXT_NAME_SIZE || (end - at > 1 && r->rdata[at] == '"') || at >= UINT16_MAX)
			continue;
		m->target = at + 1;
		watch_index_name(m->set->index, r->rdata + at, end - at, true, hit, m);
		targets++;
	}
	m->target = 0;
}

static void find_address(struct watch_matcher *m)
{
	const struct watch_record *r = m->record;
	char text[INET6_ADDRSTRLEN];

	m->address_size = r->type_len == 1 ? 4 : 16;
	if (r->rdata_len >= sizeof(text)) {
		m->address_size = 0;
		return;
	}
	memcpy(text, r->rdata, r->rdata_len);
	text[r->rdata_len] = '\0';
	memset(m->address, 0, 16);
	memset(m->address + 10, 0xff, 2);
	if (inet_pton(m->address_size == 4 ? AF_INET : AF_INET6, text, m->address + 16 - m->address_size) != 1)
		m->address_size = 0; // RDATA of a flood
	else
		watch_index_address(m->set->index, m->address, hit_network, m);
}

static bool is_type(const struct watch_record *r, const char *type)
{
	return strlen(type) == r->type_len && memcmp(type, r->type, r->type_len) == 0;
}

static bool is_known(struct watch_matcher *m, const struct watch_term *t)
{
	if (m->address_size == 0)
		return false;
	if (!m->asked)
		context_of_address(m->context, m->address, sizeof(m->address), &m->about);
	m->asked = true;
	for (size_t i = 0; i < t->len; i++)
		if (t->kind == WATCH_COUNTRY ? strcmp(t->values[i], m->about.country) == 0
					     : m->about.asn > 0 && strtoul(t->values[i], NULL, 10) == m->about.asn)
			return true;
	return false;
}

static bool holds(struct watch_matcher *m, uint32_t term)
{
	const struct watch_term *t = &m->set->rules.terms[term];
	const struct match_mark *mark = &m->marks[term];

	if (t->kind < WATCH_TYPE)
		return mark->round == m->round && (!mark->candidate || mark->alike != ALIKE_NONE);
	if (t->kind > WATCH_TYPE)
		return is_known(m, t);
	for (size_t i = 0; i < t->len; i++)
		if (is_type(m->record, t->values[i]))
			return true;
	return false;
}

// clauses ──────────────────────────────────────────────────────────────────────────────────────

static void try_clause(struct watch_matcher *m, uint32_t index)
{
	const struct watch_clause *c = &m->set->rules.clauses[index];

	if (m->rules_round[c->rule] == m->round || !(m->set->rules.at[c->rule].news & m->news))
		return;
	for (uint32_t i = 0; i < c->len; i++)
		if (holds(m, c->literals[i].term) == c->literals[i].negated)
			return;
	m->rules_round[c->rule] = m->round;
	m->rules_clause[c->rule] = index;
	m->rules[m->rules_len++] = c->rule;
}

static void next_round(struct watch_matcher *m)
{
	if (++m->round == 0) { // after 2^32 lookups the marks of the first ones would count again
		memset(m->marks, 0, m->set->rules.terms_len * sizeof(*m->marks));
		memset(m->rules_round, 0, m->set->rules.len * sizeof(*m->rules_round));
		m->round = 1;
	}
	m->hits_len = m->rules_len = m->target = m->address_size = 0;
	m->asked = false;
}

size_t watch_match(struct watch_matcher *m, const struct watch_record *record, unsigned news, const uint32_t **rules)
{
	const struct watch_set *s = m->set;

	next_round(m);
	*rules = m->rules;
	m->record = record;
	m->news = news;
	if (!(s->news & news))
		return 0;
	watch_index_name(s->index, record->name, record->name_len, false, hit, m);
	watch_keywords_find(s->keywords, record->name, record->name_len, try_keyword, m);
	if (is_type(record, "A") || is_type(record, "AAAA"))
		find_address(m);
	else if (!is_type(record, "TXT"))
		find_targets(m);
	for (size_t i = 0; i < m->hits_len; i++) {
		const struct watch_found_by *f = &s->clauses[m->hits[i]];
		for (uint32_t k = 0; k < f->len; k++)
			try_clause(m, s->found_by[f->at + k]);
	}
	for (size_t i = 0; i < s->rest_len; i++)
		try_clause(m, s->rest[i]);
	return m->rules_len;
}

// reasons ──────────────────────────────────────────────────────────────────────────────────────

// "192.0.2.0/24": the network of `bits` that has the address of the record.
static void write_network(const struct watch_matcher *m, unsigned bits, char *out, size_t size)
{
	uint8_t address[16] = {0};
	char text[INET6_ADDRSTRLEN];
	bool four = m->address_size == 4;

	for (unsigned i = 0; i < bits; i++)
		address[i / 8] |= (uint8_t)(m->address[i / 8] & 0x80 >> i % 8);
	inet_ntop(four ? AF_INET : AF_INET6, four ? address + 12 : address, text, sizeof(text));
	snprintf(out, size, "%s/%u", text, bits - (four && bits >= 96 ? 96 : 0));
}

static void tell_found(const struct watch_matcher *m, uint32_t term, char *out, size_t size)
{
	const struct watch_term *t = &m->set->rules.terms[term];
	const struct match_mark *mark = &m->marks[term];
	const struct watch_record *r = m->record;
	const char *kind = watch_kind_text[t->kind], *name = r->name;
	char network[INET6_ADDRSTRLEN + 5];

	if (mark->candidate) {
		snprintf(out, size, "%s %s (%s)", kind, t->values[mark->value], alike_reason_text[mark->alike]);
	} else if (t->kind == WATCH_TYPE) {
		snprintf(out, size, "%s %.*s", kind, (int)r->type_len, r->type);
	} else if (t->kind > WATCH_TYPE) {
		if (t->kind == WATCH_ASN)
			snprintf(out, size, "%s %u", kind, m->about.asn);
		else
			snprintf(out, size, "%s %s", kind, m->about.country);
	} else if (mark->network) {
		write_network(m, mark->part, network, sizeof(network));
		snprintf(out, size, "%s %s", kind, network);
	} else {
		size_t len = r->name_len;
		if (mark->target) {
			name = r->rdata + mark->target - 1;
			len = r->rdata_len - (mark->target - 1u);
			const char *end = memchr(name, ' ', len);
			len = end ? (size_t)(end - name) : len;
		}
		len -= mark->part;
		snprintf(out, size, "%s %.*s", kind, (int)(len > 150 ? 150 : len), name + mark->part);
	}
}

void watch_matcher_reason(const struct watch_matcher *m, uint32_t rule, char out[static WATCH_REASON_SIZE])
{
	const struct watch_clause *c = &m->set->rules.clauses[m->rules_clause[rule]];
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < c->len && n + 4 < WATCH_REASON_SIZE; i++) {
		if (c->literals[i].negated)
			continue;
		if (n > 0) {
			memcpy(out + n, ", ", 2);
			n += 2;
		}
		tell_found(m, c->literals[i].term, out + n, WATCH_REASON_SIZE - n);
		n += strlen(out + n);
	}
}

size_t watch_matcher_zone(const struct watch_matcher *m, uint32_t rule)
{
	const struct watch_clause *c = &m->set->rules.clauses[m->rules_clause[rule]];

	for (uint32_t i = 0; i < c->len; i++) {
		enum watch_kind kind = m->set->rules.terms[c->literals[i].term].kind;
		if (!c->literals[i].negated && (kind == WATCH_NAME || kind == WATCH_ZONE))
			return m->marks[c->literals[i].term].part;
	}
	return SIZE_MAX;
}
