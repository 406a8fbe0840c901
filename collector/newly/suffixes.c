// SPDX-License-Identifier: BSD-3-Clause
#include "collector/newly/suffixes.h"

#include "collector/question/question.h"
#include "dataplane/common/fnv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64 };

struct newly_suffixes {
	char *text; // names, each terminated, after '+' or '!'
	size_t text_len, text_capacity;
	size_t *slots; // offset in `text` + 1; 0: empty
	size_t slots_len, names;
	bool includes; // contains a name without '!'
};

struct newly_suffixes *newly_suffixes_new(void)
{
	struct newly_suffixes *s = calloc(1, sizeof(*s));

	if (s)
		s->slots = calloc(SLOTS_MIN, sizeof(*s->slots));
	if (s && s->slots) {
		s->slots_len = SLOTS_MIN;
		return s;
	}
	free(s);
	return NULL;
}

void newly_suffixes_free(struct newly_suffixes *s)
{
	if (!s)
		return;
	free(s->text);
	free(s->slots);
	free(s);
}

static size_t hash_name(const char *name, size_t len)
{
	uint64_t hash = fnv64(FNV64_START, name, len);

	return (size_t)(hash ^ hash >> 29);
}

// The slot of a name, or the empty one where it belongs.
static size_t *find(const struct newly_suffixes *s, const char *name, size_t len)
{
	size_t at = hash_name(name, len) & (s->slots_len - 1);

	while (s->slots[at]) {
		const char *known = s->text + s->slots[at]; // the offset is that of the mark
		if (strncmp(known, name, len) == 0 && known[len] == '\0')
			break;
		at = (at + 1) & (s->slots_len - 1);
	}
	return &s->slots[at];
}

static bool grow_slots(struct newly_suffixes *s)
{
	size_t *old = s->slots, old_len = s->slots_len;

	if (2 * s->names < s->slots_len)
		return true;
	s->slots = calloc(2 * old_len, sizeof(*s->slots));
	if (!s->slots) {
		s->slots = old;
		return false;
	}
	s->slots_len = 2 * old_len;
	for (size_t i = 0; i < old_len; i++)
		if (old[i])
			*find(s, s->text + old[i], strlen(s->text + old[i])) = old[i];
	free(old);
	return true;
}

static bool grow_text(struct newly_suffixes *s, size_t more)
{
	size_t capacity = s->text_capacity ? s->text_capacity : 1024;

	while (capacity < s->text_len + more)
		capacity *= 2;
	char *text = capacity > s->text_capacity ? realloc(s->text, capacity) : s->text;
	if (!text)
		return false;
	s->text = text;
	s->text_capacity = capacity;
	return true;
}

// The later of two entries for a name counts.
static int add_name(struct newly_suffixes *s, const char *name, size_t len, bool include, char *why, size_t why_size)
{
	if (s->names == NEWLY_SUFFIXES_MAX)
		return snprintf(why, why_size, "found more than %d suffixes", NEWLY_SUFFIXES_MAX), -1;
	if (!grow_text(s, len + 2) || !grow_slots(s))
		return snprintf(why, why_size, "out of memory"), -1;
	size_t *slot = find(s, name, len);
	if (!*slot) {
		s->text[s->text_len] = '+';
		memcpy(s->text + s->text_len + 1, name, len);
		s->text[s->text_len + 1 + len] = '\0';
		*slot = s->text_len + 1;
		s->text_len += len + 2;
		s->names++;
	}
	s->text[*slot - 1] = include ? '+' : '!';
	s->includes = s->includes || include;
	return 0;
}

static int add_word(struct newly_suffixes *s, const char *word, char *why, size_t why_size)
{
	char name[TEXT_NAME_SIZE], plain[TEXT_NAME_SIZE];
	bool include = *word != '!';
	const char *text = word + !include;

	if (!query_unfang(text, plain, sizeof(plain)))
		return snprintf(why, why_size, "'%.60s': too long for a name", word), -1;
	text = plain;
	text += strncmp(text, "*.", 2) == 0 ? 2 : *text == '.' && text[1] ? 1 : 0;
	size_t len = strpbrk(text, "!*") ? 0 : query_name_of(text, strlen(text), name);
	if (len == 0)
		return snprintf(why, why_size, "'%.60s': expected a TLD, a suffix or a zone", word), -1;
	return add_name(s, name, len, include, why, why_size);
}

int newly_suffixes_add(struct newly_suffixes *s, const char *list, char *why, size_t why_size)
{
	static const char separators[] = ", \t\r\n;";
	char word[4 * TEXT_NAME_SIZE];

	for (const char *at = list + strspn(list, separators); *at; at += strspn(at, separators)) {
		size_t len = strcspn(at, separators);
		if (len >= sizeof(word))
			return snprintf(why, why_size, "'%.60s': too long for a name", at), -1;
		memcpy(word, at, len);
		word[len] = '\0';
		if (add_word(s, word, why, why_size) != 0)
			return -1;
		at += len;
	}
	return 0;
}

int newly_suffixes_read(struct newly_suffixes *s, const char *path, char *why, size_t why_size)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, reason[200];
	size_t size = 0, number = 0;
	int result = 0;

	if (!file)
		return snprintf(why, why_size, "%s: %s", path, strerror(errno)), -1;
	errno = 0;
	while (result == 0 && getline(&line, &size, file) >= 0) {
		number++;
		line[strcspn(line, "#")] = '\0';
		result = newly_suffixes_add(s, line, reason, sizeof(reason));
	}
	if (result != 0)
		snprintf(why, why_size, "%s:%zu: %s", path, number, reason);
	else if (ferror(file))
		result = (snprintf(why, why_size, "%s: %s", path, strerror(errno)), -1);
	else if (s->names == 0)
		result = (snprintf(why, why_size, "%s: found no suffix, expected one a line", path), -1);
	free(line);
	fclose(file);
	return result;
}

bool newly_suffixes_match(const struct newly_suffixes *s, const char *name, size_t len)
{
	for (size_t at = 0; at < len;) { // the longest suffix first
		size_t slot = *find(s, name + at, len - at);
		if (slot)
			return s->text[slot - 1] == '+';
		while (at < len && name[at] != '.') // an escaped dot separates no labels
			at += name[at] == '\\' ? 2 : 1;
		at++;
	}
	size_t root = *find(s, ".", 1);
	return root ? s->text[root - 1] == '+' : !s->includes;
}
