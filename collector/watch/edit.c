// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/edit.h"

#include "collector/base/atomic_file.h"
#include "collector/watch/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// All of the old file, terminated; NULL with `why`.
static char *read_all(FILE *file, char *why, size_t why_size)
{
	char *text = malloc(SECTIONS_FILE_SIZE + 1);
	size_t len = text && file ? fread(text, 1, SECTIONS_FILE_SIZE, file) : 0;

	if (!text || (file && ferror(file))) {
		snprintf(why, why_size, "%s", text ? strerror(errno) : "out of memory");
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static int check(const char *path, const char *text, char *why, size_t why_size)
{
	struct sections sections;
	struct watch_rules rules;
	int result = sections_parse(&sections, path, text, strlen(text), why, why_size);

	if (result != 0)
		return result;
	result = watch_rules_take(&rules, &sections, why, why_size);
	watch_rules_free(&rules);
	sections_free(&sections);
	return result;
}

// Checks the new text and writes it in place of the file.
static int put(struct atomic_file *file, const char *path, const char *text, char *why, size_t why_size)
{
	if (check(path, text, why, why_size) != 0 || fputs(text, file->fresh) == EOF) {
		if (ferror(file->fresh))
			snprintf(why, why_size, "%s: %s", path, strerror(errno));
		atomic_file_cancel(file);
		return -1;
	}
	return atomic_file_commit(file, why, why_size);
}

int watch_edit_add(const char *path, const char *name, char *const lines[], size_t len, char *why, size_t why_size)
{
	struct atomic_file file;
	char *text = NULL;
	size_t size;

	if (atomic_file_begin(&file, path, why, why_size) != 0)
		return -1;
	char *old = read_all(file.old, why, why_size);
	FILE *out = old ? open_memstream(&text, &size) : NULL;
	if (!out) {
		free(old);
		atomic_file_cancel(&file);
		return -1;
	}
	size_t old_len = strlen(old);
	fputs(old, out);
	fprintf(out, "%s%s[rule %s]\n", old_len > 0 && old[old_len - 1] != '\n' ? "\n" : "", old_len > 0 ? "\n" : "",
		name);
	for (size_t i = 0; i < len; i++) {
		size_t key = strcspn(lines[i], "=");
		fprintf(out, "%.*s = %s\n", (int)key, lines[i], lines[i] + key + (lines[i][key] == '='));
	}
	int result = fclose(out) == 0 ? put(&file, path, text, why, why_size) : -1;
	free(text);
	free(old);
	return result;
}

// True if the line is "[rule NAME]", perhaps with a comment after it.
static bool is_head(const char *line, const char *name)
{
	char kind[16], found[WATCH_NAME_SIZE + 1];

	return sscanf(line, " [%15[^] \t] %64[^] \t]", kind, found) == 2 && strcmp(kind, "rule") == 0 &&
	       strcmp(found, name) == 0;
}

// Where the section of the rule begins and ends; after its last entry, so that comments before the next section stay.
static bool find(const char *text, const char *name, size_t *begin, size_t *end)
{
	bool inside = false;

	for (const char *line = text; *line;) {
		const char *next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		char first = line[strspn(line, " \t")];
		if (inside && first == '[')
			break;
		if (!inside && is_head(line, name)) {
			inside = true;
			*begin = (size_t)(line - text);
			*end = (size_t)(next - text);
		} else if (inside && first != '#' && first != '\n' && first != '\r' && first) {
			*end = (size_t)(next - text);
		}
		line = next;
	}
	return inside;
}

int watch_edit_remove(const char *path, const char *name, char *why, size_t why_size)
{
	struct atomic_file file;
	size_t begin = 0, end = 0;

	if (atomic_file_begin(&file, path, why, why_size) != 0)
		return -1;
	char *text = read_all(file.old, why, why_size);
	bool found = text && find(text, name, &begin, &end);
	if (!found) {
		if (text)
			snprintf(why, why_size, "%s: found no [rule %.63s]; `lookback watch list` prints the rules",
				path, name);
		free(text);
		atomic_file_cancel(&file);
		return -1;
	}
	if (text[end] == '\n' && (begin == 0 || (begin > 1 && text[begin - 2] == '\n')))
		end++; // one of the two empty lines
	memmove(text + begin, text + end, strlen(text + end) + 1);
	int result = put(&file, path, text, why, why_size);
	free(text);
	return result;
}
