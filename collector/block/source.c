// SPDX-License-Identifier: BSD-3-Clause
// The setting `source` of a list.
#include "collector/block/block.h"

#include "collector/block/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, DEPTH = 2, DEPTH_MAX = 8 };

void block_source_free(struct block_source *s)
{
	free(s->text);
	free(s->rules);
	free(s->kinds);
	*s = (struct block_source){.kind = BLOCK_FROM_INDICATOR};
}

// ",a,b,"
static char *list_of(const char *value)
{
	size_t size = strlen(value) + 3;
	char *list = malloc(size);

	if (list)
		snprintf(list, size, ",%s,", value);
	return list;
}

static int refuse(char *why, size_t why_size, const char *found, const char *expected)
{
	snprintf(why, why_size, "found '%.100s', expected %s", found, expected);
	return -EINVAL;
}

static int set_kinds(struct block_source *s, const char *value, char *why, size_t why_size)
{
	static const char *const kinds[] = {"new", "again", "moved", "changed", "tamper", "burst"};
	char copy[100], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", value);
	while ((word = strsep(&rest, ",")) != NULL) {
		bool known = false;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			known = known || strcmp(word, kinds[i]) == 0;
		if (!known)
			return refuse(why, why_size, word, "new, again, moved, changed, tamper or burst");
	}
	free(s->kinds);
	s->kinds = list_of(value);
	return s->kinds ? 0 : -ENOMEM;
}

static int set_option(struct block_source *s, const char *key, const char *value, char *why, size_t why_size)
{
	bool alerts = s->kind == BLOCK_FROM_ALERTS, pivot = s->kind == BLOCK_FROM_PIVOT;
	char *end;

	if (alerts && strcmp(key, "rule") == 0) {
		free(s->rules);
		s->rules = list_of(value);
		return s->rules ? 0 : -ENOMEM;
	}
	if (alerts && strcmp(key, "kind") == 0)
		return set_kinds(s, value, why, why_size);
	if (alerts && strcmp(key, "take") == 0) {
		s->names = strcmp(value, "name") == 0 || strcmp(value, "both") == 0;
		s->targets = strcmp(value, "rdata") == 0 || strcmp(value, "both") == 0;
		return s->names || s->targets ? 0 : refuse(why, why_size, value, "name, rdata or both");
	}
	if (strcmp(key, "since") == 0)
		return block_duration(&s->since_s, value, why, why_size);
	if (pivot && strcmp(key, "depth") == 0) {
		s->depth = (unsigned)strtoul(value, &end, 10);
		return isdigit((unsigned char)*value) && !*end && s->depth <= DEPTH_MAX
			       ? 0
			       : refuse(why, why_size, value, "a depth of 0 to 8");
	}
	if (pivot && strcmp(key, "score") == 0) {
		s->score = strtod(value, &end);
		return isdigit((unsigned char)*value) && !*end && s->score <= 1
			       ? 0
			       : refuse(why, why_size, value, "a score of 0 to 1");
	}
	return refuse(why, why_size, key, alerts ? "rule, kind, take or since" : "depth, score or since");
}

// Words "key=value" are options; all others are appended to the text, with a blank before each.
static int set_words(struct block_source *s, char *words, char *why, size_t why_size)
{
	int result = 0;
	char *word;

	while (result == 0 && (word = strsep(&words, " \t")) != NULL) {
		char *equals = strchr(word, '=');
		if (!*word)
			continue;
		if (equals && equals > word && islower((unsigned char)*word) &&
			!memchr(word, '.', (size_t)(equals - word))) {
			*equals = '\0';
			result = set_option(s, word, equals + 1, why, why_size);
		} else if (s->kind == BLOCK_FROM_PIVOT) {
			size_t len = strlen(s->text);
			snprintf(s->text + len, TEXT_MAX - len, "%s%s", len > 0 ? " " : "", word);
		} else {
			result = refuse(why, why_size, word, "KEY=VALUE");
		}
	}
	return result;
}

static int parse(struct block_source *s, char *copy, char *why, size_t why_size)
{
	static const struct {
		const char *word;
		enum block_source_kind kind;
	} kinds[] = {{"indicator", BLOCK_FROM_INDICATOR}, {"file", BLOCK_FROM_FILE}, {"alerts", BLOCK_FROM_ALERTS},
		{"pivot", BLOCK_FROM_PIVOT}};
	size_t len = strcspn(copy, " \t"), i = 0;
	char *rest = copy + len + strspn(copy + len, " \t");

	while (i < sizeof(kinds) / sizeof(*kinds) &&
		(strlen(kinds[i].word) != len || strncmp(copy, kinds[i].word, len) != 0))
		i++;
	if (i == sizeof(kinds) / sizeof(*kinds))
		return refuse(why, why_size, copy,
			"'indicator TEXT', 'file PATH', 'alerts [rule=...] [kind=...]' or 'pivot INDICATOR... [depth=...]'");
	s->kind = kinds[i].kind;
	if (s->kind == BLOCK_FROM_FILE && *rest != '/')
		return refuse(why, why_size, rest, "an absolute path after 'file'");
	if (s->kind == BLOCK_FROM_INDICATOR && !*rest)
		return refuse(why, why_size, copy, "a name, an address or a prefix after 'indicator'");
	if (s->kind == BLOCK_FROM_INDICATOR || s->kind == BLOCK_FROM_FILE) {
		snprintf(s->text, TEXT_MAX, "%s", rest);
		return 0;
	}
	int result = set_words(s, rest, why, why_size);
	if (result == 0 && s->kind == BLOCK_FROM_PIVOT && !*s->text)
		return refuse(why, why_size, "nothing", "names or addresses after 'pivot'");
	return result;
}

int block_source_parse(struct block_source *out, const char *text, char *why, size_t why_size)
{
	char *copy = strdup(text);
	int result = -ENOMEM;

	*out = (struct block_source){.depth = DEPTH,
		.score = 0.5,
		.text = calloc(1, TEXT_MAX),
		.rules = strdup(""),
		.kinds = strdup("")};
	snprintf(why, why_size, "out of memory");
	if (copy && out->text && out->rules && out->kinds)
		result = strlen(text) >= TEXT_MAX ? refuse(why, why_size, text, "at most 4095 characters")
						  : parse(out, copy, why, why_size);
	free(copy);
	if (result != 0)
		block_source_free(out);
	return result;
}
