// SPDX-License-Identifier: BSD-3-Clause
// Decides whether a name matches the question: subtree, stem, pattern, regular expression.
#include "collector/query/match.h"

#include <stdio.h>
#include <string.h>

enum { SCAN_STARS_MAX = 4 }; // Redis backtracks to every star: patterns with more are matched only here

// True if the dot at `at` separates labels: no odd number of backslashes before it.
static bool is_separator(const char *name, size_t at)
{
	size_t slashes = 0;

	while (slashes < at && name[at - 1 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

bool query_name_is_below(const char *zone, size_t zone_len, const char *name, size_t len)
{
	if (zone_len == 1 && zone[0] == '.')
		return true;
	if (len < zone_len || memcmp(name + len - zone_len, zone, zone_len) != 0)
		return false;
	size_t dot = len - zone_len;
	return dot == 0 || (name[dot - 1] == '.' && is_separator(name, dot - 1));
}

bool query_name_begins(const char *stem, size_t stem_len, const char *name, size_t len)
{
	return len > stem_len + 1 && name[stem_len] == '.' && memcmp(name, stem, stem_len) == 0;
}

bool query_is_below(const struct query *q, const char *name, size_t len)
{
	return query_name_is_below(q->name, q->name_len, name, len);
}

// With and without the final dot, so that both "\.com$" and "\.com\.$" find what is meant.
static bool matches_regex(struct query_regex *regex, const char *name, size_t len)
{
	char dotted[TEXT_NAME_SIZE + 1];

	if (len >= TEXT_NAME_SIZE)
		return false;
	memcpy(dotted, name, len);
	dotted[len] = '.';
	return query_regex_matches(regex, name, len) || query_regex_matches(regex, dotted, len + 1);
}

// One bracket expression at `*p` (after the bracket); moves `*p` past it.
static bool in_brackets(const char **p, char c)
{
	bool negated = **p == '^' || **p == '!', found = false;

	if (negated)
		(*p)++;
	for (bool first = true; **p && (first || **p != ']'); first = false, (*p)++) {
		char low = **p;
		if ((*p)[1] == '-' && (*p)[2] && (*p)[2] != ']') {
			*p += 2;
			found = found || (low <= c && c <= **p);
		} else {
			found = found || low == c;
		}
	}
	if (**p == ']')
		(*p)++;
	return found != negated;
}

// One character of the pattern against one of the text; `*p` advances if they match.
static bool match_one(const char **p, char c)
{
	const char *at = *p;

	if (*at == '?') {
		*p = at + 1;
		return true;
	}
	if (*at == '[') {
		at++;
		bool found = in_brackets(&at, c);
		*p = at;
		return found;
	}
	if (*at == '\\' && at[1])
		at++;
	if (*at != c)
		return false;
	*p = at + 1;
	return true;
}

// In linear space and at most quadratic time: it backtracks only to the last star.
bool query_match_glob(const char *pattern, const char *text, size_t len)
{
	const char *p = pattern, *star = NULL;
	size_t i = 0, star_at = 0;

	while (i < len) {
		if (*p == '*') {
			star = ++p;
			star_at = i;
			continue;
		}
		const char *before = p;
		if (*p && match_one(&p, text[i])) {
			i++;
			continue;
		}
		p = before;
		if (!star)
			return false;
		p = star;
		i = ++star_at;
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

bool query_match(const struct query_run *run, const char *name, size_t len)
{
	switch (run->q.kind) {
	case QUERY_SUBTREE:
	case QUERY_TARGET_SUBTREE:
		return query_is_below(&run->q, name, len);
	case QUERY_STEM:
	case QUERY_TARGET_STEM:
		return query_name_begins(run->q.name, run->q.name_len, name, len);
	case QUERY_GLOB:
	case QUERY_TARGET_GLOB:
		return query_match_glob(run->q.name, name, len) &&
		       !(*run->q.exclude && query_match_glob(run->q.exclude, name, len));
	case QUERY_REGEX:
	case QUERY_TARGET_REGEX:
		return matches_regex(run->regex, name, len) &&
		       !(run->exclude && matches_regex(run->exclude, name, len));
	case QUERY_KEYWORD:
		if (run->q.keywords)
			return alike_set_best(run->q.keywords, name, len, NULL) != ALIKE_NONE;
		return alike(run->q.name, run->q.name_len, name, len) != ALIKE_NONE;
	default:
		return true;
	}
}

// Appends text, with the special characters of globs escaped.
static void append_escaped(char *out, size_t out_size, const char *text)
{
	size_t len = strlen(out);

	for (; *text && len + 3 < out_size; text++) {
		if (strchr("*?[]\\^", *text))
			out[len++] = '\\';
		out[len++] = *text;
	}
	out[len] = '\0';
}

static size_t stars(const char *pattern)
{
	size_t n = 0;

	for (; *pattern; pattern++)
		n += *pattern == '*';
	return n;
}

void query_match_pattern(struct query_run *run)
{
	const struct query *q = &run->q;
	bool all = q->name_len == 1 && q->name[0] == '.';

	run->pattern[0] = '\0';
	if (q->kind == QUERY_SUBTREE || q->kind == QUERY_TARGET_SUBTREE) {
		strcpy(run->pattern, all ? "*" : "*.");
		if (!all)
			append_escaped(run->pattern, sizeof(run->pattern), q->name);
	} else if (q->kind == QUERY_STEM || q->kind == QUERY_TARGET_STEM) {
		append_escaped(run->pattern, sizeof(run->pattern) - 3, q->name);
		strcat(run->pattern, ".*");
	} else if ((q->kind == QUERY_GLOB || q->kind == QUERY_TARGET_GLOB) && stars(q->name) <= SCAN_STARS_MAX) {
		snprintf(run->pattern, sizeof(run->pattern), "%s", q->name);
	} else {
		strcpy(run->pattern, "*");
	}
}

// True if an escape continues after its letter: \x41, \pL, \Q…\E, \101.
static bool has_code(const char *pattern)
{
	for (const char *p = pattern; *p; p += *p == '\\' && p[1] ? 2 : 1)
		if (*p == '\\' && p[1] && strchr("xpPQ01234567", p[1]))
			return true;
	return false;
}

// The longest literal part of a pattern.
static void add_literal(struct names_needles *out, const char *pattern, bool regex)
{
	char best[NAMES_NEEDLE_SIZE], run[NAMES_NEEDLE_SIZE];
	size_t best_len = 0, len = 0;

	if (regex && (strpbrk(pattern, "(|{") || has_code(pattern)))
		return; // what they contain may be absent, or is another character
	for (const char *p = pattern;; p++) {
		char c = *p;
		bool escaped = c == '\\' && p[1] && !(p[1] >= 'a' && p[1] <= 'z') && !(p[1] >= 'A' && p[1] <= 'Z');
		if (escaped)
			c = *++p;
		bool literal = c && len < sizeof(run) && (escaped || !strchr(regex ? ".*+?[]^$\\" : "*?[]\\", c));
		if (literal && regex && (p[1] == '*' || p[1] == '?'))
			literal = false; // may be absent
		if (literal) {
			run[len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
			continue;
		}
		if (len > best_len)
			memcpy(best, run, best_len = len);
		len = 0;
		if (c == '[' && !escaped) { // skip the bracket expression
			p += p[1] == '^';
			const char *end = p[1] ? strchr(p + 2, ']') : NULL;
			if (!end)
				break;
			p = end;
		}
		if (!*p)
			break;
	}
	if (best_len > 1 && best[best_len - 1] == '.')
		best_len--; // perhaps the final dot, which names do not have here
	names_needle_add(out, best, best_len);
}

// Punycode has to be decoded.
static void add_keyword(struct names_needles *out, const struct query *q)
{
	struct alike_pieces pieces;

	alike_pieces(&pieces, q->name, q->name_len);
	out->folded = true;
	for (size_t i = 0; i < pieces.len; i++)
		names_needle_add(out, pieces.text[i], pieces.size[i]);
	names_needle_add(out, "xn--", 4);
}

void query_match_needles(const struct query_run *run, struct names_needles *out)
{
	const struct query *q = &run->q;
	char text[TEXT_NAME_SIZE + 2];
	int n = 0;

	*out = (struct names_needles){.folded = false};
	if (q->kind == QUERY_KEYWORD && q->keywords)
		return; // every name is compared
	if (q->kind == QUERY_KEYWORD)
		add_keyword(out, q);
	else if (q->kind == QUERY_GLOB || q->kind == QUERY_TARGET_GLOB)
		add_literal(out, q->name, false);
	else if (q->kind == QUERY_REGEX || q->kind == QUERY_TARGET_REGEX)
		add_literal(out, q->name, true);
	else if (q->kind == QUERY_STEM || q->kind == QUERY_TARGET_STEM)
		n = snprintf(text, sizeof(text), "\n%s.", q->name);
	else if (q->name_len != 1 || q->name[0] != '.')
		n = snprintf(text, sizeof(text), "%s\n", q->name);
	names_needle_add(out, text, (size_t)n);
}
