// SPDX-License-Identifier: BSD-3-Clause
// The lines `match` of a rule.
#include "collector/watch/rules.h"

#include "collector/question/question.h"
#include "collector/text/text.h"
#include "dataplane/common/dns_types.h"
#include "dataplane/common/fnv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = SECTIONS_LINE_SIZE, KEYWORD_MIN = 3, V4_BITS = 96, CLAUSES_MAX = 1000000 };

const char *const watch_kind_text[WATCH_KINDS] = {"name", "zone", "target", "address", "file", "keyword", "contains",
	"type", "country", "asn"};

// values ───────────────────────────────────────────────────────────────────────────────────────

size_t watch_name(const char *text, size_t len, char *out)
{
	size_t skip = len > 2 && memcmp(text, "*.", 2) == 0 ? 2 : len > 1 && text[0] == '.' ? 1 : 0;

	return query_name_of(text + skip, len - skip, out);
}

bool watch_network(const char *text, uint8_t address[static 16], unsigned *bits)
{
	char plain[64];
	size_t len = strcspn(text, "/");
	unsigned long wanted;
	char *end = NULL;

	if (len >= sizeof(plain))
		return false;
	memcpy(plain, text, len);
	plain[len] = '\0';
	memset(address, 0, 16);
	memset(address + 10, 0xff, 2);
	bool four = inet_pton(AF_INET, plain, address + 12) == 1;
	if (!four && inet_pton(AF_INET6, plain, address) != 1)
		return false;
	*bits = 128;
	if (!text[len])
		return true;
	wanted = strtoul(text + len + 1, &end, 10);
	if (!isdigit((unsigned char)text[len + 1]) || *end || wanted > (four ? 32 : 128))
		return false;
	*bits = (unsigned)wanted + (four ? V4_BITS : 0);
	for (unsigned i = *bits; i < 128; i++)
		if (address[i / 8] >> (7 - i % 8) & 1)
			return false;
	return true;
}

// A mnemonic of a type in capitals, "TYPE65280".
static bool read_type(const char *text, char *out)
{
	struct query q = query_make(QUERY_NAME);
	char why[200];
	size_t len = strlen(text);

	if (len >= TEXT_TYPE_SIZE || query_parse_types(&q, text, why, sizeof(why)) != 0)
		return false;
	for (size_t i = 0; i <= len; i++)
		out[i] = (char)toupper((unsigned char)text[i]);
	return strncmp(out, "ANY", 3) != 0 && strcmp(out, "ALL") != 0;
}

// A keyword in the letters of names, as `find` reads it.
static bool read_keyword(const char *text, char *out)
{
	struct query q = query_make(QUERY_KEYWORD);
	char why[200];

	if (query_parse_keyword(&q, text, why, sizeof(why)) != 0 || q.name_len < KEYWORD_MIN)
		return false;
	memcpy(out, q.name, q.name_len + 1);
	return true;
}

static bool read_value(enum watch_kind kind, const char *text, char *out)
{
	uint8_t address[16];
	unsigned bits;
	char *end;

	switch (kind) {
	case WATCH_NAME:
	case WATCH_ZONE:
	case WATCH_TARGET:
		return watch_name(text, strlen(text), out) > 0;
	case WATCH_ADDRESS:
		strcpy(out, text);
		return watch_network(text, address, &bits);
	case WATCH_FILE:
		strcpy(out, text);
		return text[0] == '/' && strlen(text) < 4000;
	case WATCH_KEYWORD:
	case WATCH_CONTAINS:
		return read_keyword(text, out);
	case WATCH_TYPE:
		return read_type(text, out);
	case WATCH_COUNTRY:
		out[0] = (char)toupper((unsigned char)text[0]);
		out[1] = (char)toupper((unsigned char)text[1]);
		out[2] = '\0';
		return strlen(text) == 2 && isalpha((unsigned char)out[0]) && isalpha((unsigned char)out[1]);
	default:
		snprintf(out, TEXT_NAME_SIZE, "%lu",
			strtoul(text + (strncasecmp(text, "AS", 2) == 0 ? 2 : 0), &end, 10));
		return *end == '\0' && strcmp(out, "0") != 0 && strlen(out) <= 10;
	}
}

static const char *const expected[WATCH_KINDS] = {"a domain name", "a domain name", "a domain name",
	"an address or a network without bits after the prefix", "an absolute path",
	"a part of a name of at least three characters", "a part of a name of at least three characters",
	"record types such as NS MX", "country codes of two letters", "AS numbers"};

// terms ────────────────────────────────────────────────────────────────────────────────────────

static bool is_equal(const struct watch_term *a, const struct watch_term *b)
{
	if (a->kind != b->kind || a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->values[i], b->values[i]) != 0)
			return false;
	return true;
}

static uint64_t hash_term(const struct watch_term *t)
{
	uint64_t hash = FNV64_START;

	hash = fnv64(hash, &t->kind, sizeof(t->kind));
	for (size_t i = 0; i < t->len; i++)
		hash = fnv64(hash, t->values[i], strlen(t->values[i]) + 1);
	return hash;
}

static bool grow_terms(struct watch_rules *r)
{
	size_t capacity = r->terms_capacity ? 2 * r->terms_capacity : 64;
	struct watch_term *more = realloc(r->terms, capacity * sizeof(*more));

	if (!more)
		return false;
	r->terms = more;
	r->terms_capacity = capacity;
	uint32_t *slots = calloc(4 * capacity, sizeof(*slots));
	if (!slots)
		return false;
	free(r->slots);
	r->slots = slots;
	r->slots_len = 4 * capacity;
	for (size_t i = 0; i < r->terms_len; i++) {
		size_t at = hash_term(&r->terms[i]) % r->slots_len;
		while (slots[at])
			at = (at + 1) % r->slots_len;
		slots[at] = (uint32_t)i + 1;
	}
	return true;
}

static void free_values(struct watch_term *t)
{
	for (size_t i = 0; i < t->len; i++)
		free(t->values[i]);
	free(t->values);
}

// The index of an equal term, or of this one, which is added. The values move. UINT32_MAX without memory.
static uint32_t intern(struct watch_rules *r, struct watch_term *t)
{
	if (r->terms_len == r->terms_capacity && !grow_terms(r)) {
		free_values(t);
		return UINT32_MAX;
	}
	size_t at = hash_term(t) % r->slots_len;
	for (; r->slots[at]; at = (at + 1) % r->slots_len) {
		if (is_equal(&r->terms[r->slots[at] - 1], t)) {
			free_values(t);
			return r->slots[at] - 1;
		}
	}
	r->terms[r->terms_len] = *t;
	r->slots[at] = (uint32_t)++r->terms_len;
	return (uint32_t)r->terms_len - 1;
}

// One word after another, over blanks. NULL at the end.
static char *next_word(char **rest)
{
	char *word;

	while ((word = strsep(rest, " \t")) != NULL && !*word)
		;
	return word;
}

static int read_values(struct watch_term *t, char *rest, char *why, size_t why_size)
{
	char value[LINE_SIZE], *word;

	while ((word = next_word(&rest)) != NULL) {
		if (t->len == WATCH_VALUES_MAX)
			return snprintf(why, why_size, "found more than %d values; put them into a file",
				       WATCH_VALUES_MAX),
			       -EINVAL;
		if (!read_value(t->kind, word, value))
			return snprintf(why, why_size, "%s: found '%.100s', expected %s", watch_kind_text[t->kind],
				       word, expected[t->kind]),
			       -EINVAL;
		t->values[t->len] = strdup(value);
		if (!t->values[t->len++])
			return snprintf(why, why_size, "out of memory"), -ENOMEM;
	}
	if (t->len == 0)
		return snprintf(why, why_size, "%s: found nothing after it, expected %s", watch_kind_text[t->kind],
			       expected[t->kind]),
		       -EINVAL;
	return 0;
}

// "not zone a.example b.example"
static int read_literal(struct watch_rules *r, char *text, struct watch_literal *out, char *why, size_t why_size)
{
	char *word = next_word(&text);
	struct watch_term t = {.kind = WATCH_NAME};

	out->negated = word && strcmp(word, "not") == 0;
	if (out->negated)
		word = next_word(&text);
	while (word && t.kind < WATCH_KINDS && strcmp(word, watch_kind_text[t.kind]) != 0)
		t.kind++;
	if (!word || t.kind == WATCH_KINDS)
		return snprintf(why, why_size,
			       "found '%.60s', expected name, zone, target, address, file, keyword, contains, type, country or asn, "
			       "with values after it, and `not` before it for exceptions",
			       word ? word : ""),
		       -EINVAL;
	t.values = calloc(WATCH_VALUES_MAX, sizeof(*t.values));
	int result = t.values ? read_values(&t, text, why, why_size) : -ENOMEM;
	if (result != 0) {
		free_values(&t);
		return result;
	}
	char **fit = realloc(t.values, t.len * sizeof(*fit));
	t.values = fit ? fit : t.values;
	out->term = intern(r, &t);
	return out->term == UINT32_MAX ? (snprintf(why, why_size, "out of memory"), -ENOMEM) : 0;
}

static bool make_room(struct watch_rules *r)
{
	if (r->clauses_len < r->clauses_capacity)
		return true;
	size_t capacity = r->clauses_capacity ? 2 * r->clauses_capacity : 64;
	struct watch_clause *more = realloc(r->clauses, capacity * sizeof(*more));
	if (!more)
		return false;
	r->clauses = more;
	r->clauses_capacity = capacity;
	return true;
}

int watch_rules_match(struct watch_rules *r, uint32_t rule, const char *text, char *why, size_t why_size)
{
	char copy[LINE_SIZE], *rest = copy, *item;
	struct watch_clause clause = {.rule = rule};
	bool positive = false;

	if (strlen(text) >= sizeof(copy) || r->clauses_len == CLAUSES_MAX)
		return snprintf(why, why_size, "found a line that is too long, or too many; expected less"), -EINVAL;
	strcpy(copy, text);
	while ((item = strsep(&rest, ",")) != NULL) {
		if (clause.len == WATCH_TERMS_MAX)
			return snprintf(why, why_size, "found more than %d terms", WATCH_TERMS_MAX), -EINVAL;
		int result = read_literal(r, item, &clause.literals[clause.len], why, why_size);
		if (result != 0)
			return result;
		positive |= !clause.literals[clause.len++].negated;
	}
	if (!positive)
		return snprintf(why, why_size, "found only exceptions, expected at least one term without `not`"),
		       -EINVAL;
	if (!make_room(r))
		return snprintf(why, why_size, "out of memory"), -ENOMEM;
	r->clauses[r->clauses_len++] = clause;
	return 0;
}
