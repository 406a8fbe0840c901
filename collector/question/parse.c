// SPDX-License-Identifier: BSD-3-Clause
#include "collector/question/parse.h"

#include "collector/alike/alike.h"
#include "collector/question/regex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct query query_make(enum query_kind kind)
{
	return (struct query){.kind = kind,
		.first_after = INT64_MIN,
		.first_before = INT64_MAX,
		.last_after = INT64_MIN,
		.last_before = INT64_MAX};
}

int query_refuse(char *why, size_t why_size, const char *text, const char *expected)
{
	snprintf(why, why_size, "'%.100s': expected %s", text, expected);
	return -EINVAL;
}

static int set_name(struct query *q, enum query_kind kind, const char *text, size_t len)
{
	q->kind = kind;
	q->name_len = query_name(text, len, q->name);
	return q->name_len > 0 ? 0 : -EINVAL;
}

bool query_is_pattern(const char *text, size_t len)
{
	bool bracket = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '*' || text[i] == '?' || (text[i] == ']' && bracket))
			return true;
		else if (text[i] == '[')
			bracket = true;
	}
	return false;
}

// Returns -ENOTSUP, so that a caller can suggest its search for patterns. In a DNS name a backslash precedes such a character.
static int refuse_pattern(const char *text, const char *expected, char *why, size_t why_size)
{
	snprintf(why, why_size, "'%.100s': found a pattern, expected %s", text, expected);
	return -ENOTSUP;
}

// Names with a wildcard at one end; `kinds` are the kinds of exact, subtree and stem.
static int parse_wild(struct query *q, const char *text, const enum query_kind kinds[3], char *why, size_t why_size)
{
	char plain[2 * TEXT_NAME_SIZE];
	int result = -EINVAL;

	if (!query_refang(text, plain, sizeof(plain)))
		return query_refuse(why, why_size, text, "a name of at most 253 octets");
	if (!query_to_ascii(plain, sizeof(plain)))
		return query_refuse(why, why_size, text, "a name that IDNA permits");
	size_t len = strlen(plain);
	if (len > 2 && plain[len - 1] == '.' && plain[len - 2] == '*' && plain[len - 3] == '.')
		plain[--len] = '\0';
	size_t head = len > 2 && strncmp(plain, "*.", 2) == 0 ? 2 : 0,
	       tail = len > 2 && strcmp(plain + len - 2, ".*") == 0 ? 2 : 0;
	if (strcmp(plain, "*") == 0 || strcmp(plain, "*.") == 0)
		result = set_name(q, kinds[1], ".", 1);
	else if (query_is_pattern(plain + head, head ? len - head : len - tail))
		return refuse_pattern(text, "a name, *.name or name.*", why, why_size);
	else if (head)
		result = set_name(q, kinds[1], plain + head, len - head);
	else if (tail)
		result = set_name(q, kinds[2], plain, len - tail);
	else
		result = set_name(q, kinds[0], plain, len);
	if (result != 0)
		return query_refuse(why, why_size, text, "a name, *.name or name.*");
	return 0;
}

int query_parse_name(struct query *q, const char *text, char *why, size_t why_size)
{
	static const enum query_kind kinds[] = {QUERY_NAME, QUERY_SUBTREE, QUERY_STEM};
	return parse_wild(q, text, kinds, why, why_size);
}

void query_to_targets(struct query *q)
{
	q->kind = q->kind == QUERY_SUBTREE ? QUERY_TARGET_SUBTREE
		  : q->kind == QUERY_STEM  ? QUERY_TARGET_STEM
					   : QUERY_TARGET;
}

int query_parse_bailiwick(struct query *q, const char *text, char *why, size_t why_size)
{
	struct query named = query_make(QUERY_NAME);

	if (query_parse_name(&named, text, why, why_size) != 0)
		return -EINVAL;
	q->bailiwick_kind = named.kind;
	strcpy(q->bailiwick, named.name);
	return 0;
}

int query_parse_target(struct query *q, const char *text, char *why, size_t why_size)
{
	static const enum query_kind kinds[] = {QUERY_TARGET, QUERY_TARGET_SUBTREE, QUERY_TARGET_STEM};
	return parse_wild(q, text, kinds, why, why_size);
}

static int check_regex(const char *text, char *why, size_t why_size)
{
	char reason[200], expected[300];
	struct query_regex *regex = query_regex_compile(text, reason, sizeof(reason));

	if (!regex) {
		snprintf(expected, sizeof(expected), "a regular expression (RE2): %s", reason);
		return query_refuse(why, why_size, text, expected);
	}
	query_regex_free(regex);
	return 0;
}

int query_parse_pattern(struct query *q, enum query_kind kind, const char *text, char *why, size_t why_size)
{
	bool regex = kind == QUERY_REGEX || kind == QUERY_TARGET_REGEX;
	size_t len = strlen(text);

	q->kind = kind;
	if (len == 0 || len > 512)
		return query_refuse(why, why_size, text, "a pattern of 1 to 512 characters");
	for (size_t i = 0; i < len; i++)
		q->name[i] = !regex && text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
	if (!regex && len > 1 && text[len - 1] == '.')
		len--; // keys have no final dot
	q->name[len] = '\0';
	q->name_len = len;
	return regex ? check_regex(q->name, why, why_size) : 0;
}

int query_parse_keyword(struct query *q, const char *text, char *why, size_t why_size)
{
	char given[2 * TEXT_NAME_SIZE], unicode[4 * TEXT_NAME_SIZE], plain[2 * TEXT_NAME_SIZE];

	q->kind = QUERY_KEYWORD;
	if (!query_refang(text, given, sizeof(given)))
		return query_refuse(why, why_size, text, "a part of a name, of at most 253 octets");
	strcpy(plain, given);
	if (!query_to_ascii(plain, sizeof(plain)))
		return query_refuse(why, why_size, text, "a part of a name that IDNA permits");
	// what is not ASCII: by the letters that it looks like, else as the punycode of whole labels
	bool decoded = strcmp(plain, given) != 0 && alike_unicode(plain, strlen(plain), unicode, sizeof(unicode)) > 0;
	if (decoded && alike_to_latin(unicode, given, sizeof(given)))
		strcpy(plain, given);
	if (query_is_pattern(plain, strlen(plain)))
		return refuse_pattern(text, "a part of a name", why, why_size);
	if (strlen(plain) < 2 || strlen(plain) > 253)
		return query_refuse(why, why_size, text, "a part of a name, of at least two characters");
	q->name_len = strlen(plain);
	for (size_t i = 0; i <= q->name_len; i++)
		q->name[i] = plain[i] >= 'A' && plain[i] <= 'Z' ? (char)(plain[i] + 32) : plain[i];
	return 0;
}
