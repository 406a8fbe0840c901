// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/popular.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	LABELS_MAX = 6,
	NAME_MAX_LEN = 253,
	WRONG_SHARE = 100,
	WRONG_FREE = 2
}; // LABELS_MAX: of a registered domain; a head line, and one more

// In place: lower case, without quotes and final dot. The length; 0: it is no name.
static size_t read_name(char **at)
{
	char *name = *at + strspn(*at, " \t\"");
	size_t len = strcspn(name, " \t\",");

	if (len > 1 && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		name[i] = (char)tolower((unsigned char)name[i]);
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return 0;
	}
	*at = name;
	return len <= NAME_MAX_LEN ? len : 0;
}

// "12,example.com" or "example.com", which has the rank `next`. The length of the name; 0: the line is neither.
static size_t read_line(char *line, uint32_t next, char **name, uint32_t *rank)
{
	char *comma = strchr(line, ',');
	size_t digits = strspn(line, "0123456789");

	*name = line;
	*rank = next;
	if (comma) {
		*name = comma + 1;
		if (digits == 0 || line + digits != comma || digits > 8)
			return 0;
		*rank = (uint32_t)strtoul(line, NULL, 10);
	}
	return *rank > 0 && *rank <= CONTEXT_NAMES_MAX ? read_name(name) : 0;
}

int context_popular_read(struct context_name_table *ranks, struct context_text *text, const struct zone_list *zones,
	char *why, size_t why_size)
{
	size_t names = 0, wrong = 0;
	uint32_t rank;
	char *line, *name;

	if (!context_name_table_init(ranks, context_text_lines(text)))
		return context_text_fail(text, why, why_size, "found more than %d lines, or no memory for them",
			CONTEXT_NAMES_MAX);
	while ((line = context_text_next(text)) != NULL) {
		size_t len = read_line(line, (uint32_t)names + 1, &name, &rank);
		if (len == 0) {
			if (++wrong > WRONG_FREE + names / WRONG_SHARE)
				return context_text_fail(text, why, why_size,
					"found '%.100s', expected a name, or RANK,NAME", line);
			continue;
		}
		names++;
		size_t zone = zone_find_text(zones, name, len);
		if (zone < len)
			context_name_table_add(ranks, name + zone, len - zone, rank, true);
	}
	return ranks->len > 0 ? 0 : context_text_fail(text, why, why_size, "found no registered domain");
}

// True if the last labels of the name are in the list, two or more. The public suffix list takes longer, so it is asked only then.
static bool may_have(const struct context_name_table *ranks, const char *name, size_t len)
{
	size_t at = len;

	for (int labels = 1; labels <= LABELS_MAX && at > 0; labels++) {
		while (at > 0 && name[at - 1] != '.')
			at--;
		if (labels > 1 && context_name_table_find(ranks, name + at, len - at) != 0)
			return true;
		at -= at > 0; // the dot
	}
	return false;
}

uint32_t context_popular_find(const struct context_name_table *ranks, const struct zone_list *zones, const char *name,
	size_t len)
{
	if (!may_have(ranks, name, len))
		return 0;
	size_t zone = zone_find_text(zones, name, len);
	return zone < len ? context_name_table_find(ranks, name + zone, len - zone) : 0;
}
