// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/sections.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The state of one parse.
struct sections_parser {
	struct sections *out;
	size_t capacity, entries_capacity; // allocated
	uint32_t line;			   // that is read now
	char *why;
	size_t why_size;
};

// Replaces control characters, so that a message that quotes input is one line.
static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static int refuse(struct sections_parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct sections_parser *p, const char *format, ...)
{
	va_list arguments;

	int used = snprintf(p->why, p->why_size, "%s:%u: ", p->out->file, p->line);
	if (used < 0 || (size_t)used >= p->why_size)
		return -EINVAL;
	va_start(arguments, format);
	vsnprintf(p->why + used, p->why_size - (size_t)used, format, arguments);
	va_end(arguments);
	one_line(p->why);
	return -EINVAL;
}

static char *trim(char *text)
{
	text += strspn(text, " \t");
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > SECTIONS_NAME_LEN || !is_letter_or_digit(text[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter_or_digit(text[i]) && !strchr("._-", text[i]))
			return false;
	return true;
}

static bool is_key(const char *text)
{
	return *text && strlen(text) <= SECTIONS_NAME_LEN &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.")] == '\0';
}

// Length of the UTF-8 character at `text`, or 0: it is none (RFC 3629 §4), or a control character.
static size_t character(const unsigned char *text)
{
	if (text[0] < 0x80)
		return (text[0] >= 0x20 && text[0] != 0x7f) || text[0] == '\t';
	size_t len = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
		(text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f) ||
		(text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	return len;
}

static bool is_text(const char *text)
{
	for (size_t len; *text; text += len)
		if ((len = character((const unsigned char *)text)) == 0)
			return false;
	return true;
}

// Room for one more item of `size` octets. Returns false without memory.
static bool grow(void **at, size_t len, size_t *capacity, size_t size)
{
	if (len < *capacity)
		return true;
	size_t more = *capacity ? *capacity * 2 : 16;
	void *fresh = reallocarray(*at, more, size);
	if (!fresh)
		return false;
	*at = fresh;
	*capacity = more;
	return true;
}

// "[kind name]", blanks trimmed.
static int read_bracket(struct sections_parser *p, char *text)
{
	struct sections *s = p->out;
	char *end = strchr(text, ']');
	const char *rest = end ? end + 1 + strspn(end + 1, " \t") : "";

	if (!end || (*rest && *rest != '#'))
		return refuse(p, "found '%.100s', expected '[KIND NAME]'", text);
	*end = '\0';
	char *kind = trim(text + 1), *name = strpbrk(kind, " \t");
	if (!name)
		return refuse(p, "found '[%.100s]', expected '[KIND NAME]'", kind);
	*name++ = '\0';
	name = trim(name);
	if (!is_name(kind) || !is_name(name))
		return refuse(p, "found '[%.70s %.70s]', expected names of 1 to %d letters, digits, '.', '_', '-'",
			kind, name, SECTIONS_NAME_LEN);
	if (s->len == SECTIONS_MAX)
		return refuse(p, "too many sections, expected at most %d", SECTIONS_MAX);
	if (!grow((void **)&s->at, s->len, &p->capacity, sizeof(*s->at)))
		return -ENOMEM;
	s->at[s->len++] = (struct section){.kind = kind, .name = name, .line = p->line};
	return 0;
}

static int read_entry(struct sections_parser *p, char *text)
{
	struct sections *s = p->out;
	char *equals = strchr(text, '=');

	if (!equals)
		return refuse(p, "found '%.100s', expected 'key = value' or '[KIND NAME]'", text);
	*equals = '\0';
	char *key = trim(text), *value = trim(equals + 1);
	if (!is_key(key))
		return refuse(p, "found key '%.70s', expected a-z, 0-9, '_', '.'", key);
	if (!is_text(value))
		return refuse(p, "%s: expected UTF-8 without control characters", key);
	if (s->len == 0)
		return refuse(p, "%s: found before the first section, expected '[KIND NAME]' above it", key);
	struct section *section = &s->at[s->len - 1];
	if (section->entries_len == SECTIONS_ENTRIES_MAX)
		return refuse(p, "[%s %s]: too many lines, expected at most %d", section->kind, section->name,
			SECTIONS_ENTRIES_MAX);
	if (!grow((void **)&s->entries, s->entries_len, &p->entries_capacity, sizeof(*s->entries)))
		return -ENOMEM;
	s->entries[s->entries_len++] = (struct section_entry){.key = key, .value = value, .line = p->line};
	section->entries_len++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct section *x = *(const struct section *const *)a, *y = *(const struct section *const *)b;
	int order = strcmp(x->kind, y->kind);

	order = order ? order : strcmp(x->name, y->name);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

// Two sections with one name are an error.
static int find_twins(struct sections_parser *p)
{
	struct sections *s = p->out;
	int result = 0;

	if (s->len < 2)
		return 0;
	const struct section **sorted = malloc(s->len * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < s->len; i++)
		sorted[i] = &s->at[i];
	qsort(sorted, s->len, sizeof(*sorted), compare);
	for (size_t i = 1; i < s->len && result == 0; i++)
		if (strcmp(sorted[i]->kind, sorted[i - 1]->kind) == 0 &&
			strcmp(sorted[i]->name, sorted[i - 1]->name) == 0) {
			p->line = sorted[i]->line;
			result = refuse(p, "[%s %s]: found before in line %u, expected another name", sorted[i]->kind,
				sorted[i]->name, sorted[i - 1]->line);
		}
	free(sorted);
	return result;
}

static int read_lines(struct sections_parser *p, size_t size)
{
	char *text = p->out->text, *end = text + size;

	while (text < end) {
		char *line = text, *stop = memchr(text, '\n', (size_t)(end - text));
		stop = stop ? stop : end;
		text = stop + 1;
		*stop = '\0';
		p->line++;
		if (memchr(line, '\0', (size_t)(stop - line)))
			return refuse(p, "found a NUL character, expected text");
		if (stop - line > SECTIONS_LINE_SIZE)
			return refuse(p, "found %zu characters, expected at most %d in a line", (size_t)(stop - line),
				SECTIONS_LINE_SIZE);
		line = trim(line);
		int result = *line == '\0' || *line == '#' ? 0
			     : *line == '['		   ? read_bracket(p, line)
							   : read_entry(p, line);
		if (result != 0)
			return result;
	}
	return find_twins(p);
}

int sections_parse(struct sections *out, const char *file, const char *text, size_t size, char *why, size_t why_size)
{
	struct sections_parser parser = {.out = out, .why = why, .why_size = why_size};
	int result = -ENOMEM;

	*out = (struct sections){.file = strdup(file), .text = malloc(size + 1)};
	if (out->file && out->text && size > SECTIONS_FILE_SIZE) {
		snprintf(why, why_size, "%s: found %zu octets, expected at most %d", file, size, SECTIONS_FILE_SIZE);
		result = -EFBIG;
	} else if (out->file && out->text) {
		memcpy(out->text, text, size);
		out->text[size] = '\0';
		result = read_lines(&parser, size);
	}
	if (result == -ENOMEM)
		snprintf(why, why_size, "%s: out of memory", file);
	if (result != 0)
		sections_free(out);
	const struct section_entry *entries = out->entries;
	for (size_t i = 0; i < out->len; i++) { // now the entries have their final place
		out->at[i].entries = entries;
		entries += out->at[i].entries_len;
	}
	return result;
}

// Reads a whole file into memory; the caller frees it. Returns 0 or -errno.
static int load(const char *path, char **text, size_t *size)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result = 0;

	*text = NULL;
	*size = 0;
	if (fd < 0 || fstat(fd, &status) != 0)
		result = -errno;
	else if (!S_ISREG(status.st_mode))
		result = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	else if (status.st_size > SECTIONS_FILE_SIZE)
		result = -EFBIG;
	else if (!(*text = malloc((size_t)status.st_size + 1)))
		result = -ENOMEM;
	while (result == 0 && *size < (size_t)status.st_size) {
		ssize_t got = read(fd, *text + *size, (size_t)status.st_size - *size);
		if (got <= 0) {
			result = got < 0 ? -errno : 0;
			break;
		}
		*size += (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	return result;
}

int sections_read(struct sections *out, const char *path, char *why, size_t why_size)
{
	size_t size;
	char *text;
	int result = load(path, &text, &size);

	*out = (struct sections){0};
	if (result != 0)
		snprintf(why, why_size, "%s: cannot read: %s", path, strerror(-result));
	else
		result = sections_parse(out, path, text, size, why, why_size);
	free(text);
	return result;
}

void sections_free(struct sections *s)
{
	free(s->at);
	free(s->entries);
	free(s->file);
	free(s->text);
	*s = (struct sections){0};
}

int sections_refuse(const struct sections *s, const struct section *section, uint32_t line, char *why, size_t why_size,
	const char *format, ...)
{
	va_list arguments;
	int used = snprintf(why, why_size, "%s:%u: [%s %s] ", s->file, line, section->kind, section->name);

	if (used < 0 || (size_t)used >= why_size)
		return -EINVAL;
	va_start(arguments, format);
	vsnprintf(why + used, why_size - (size_t)used, format, arguments);
	va_end(arguments);
	one_line(why);
	return -EINVAL;
}

static size_t count_of(const struct section *section, const char *key, uint32_t *line)
{
	size_t count = 0;

	for (uint32_t i = 0; i < section->entries_len; i++)
		if (strcmp(section->entries[i].key, key) == 0) {
			count++;
			*line = section->entries[i].line;
		}
	return count;
}

int sections_check(const struct sections *s, const struct section *section, const struct section_key *keys,
	size_t keys_len, char *why, size_t why_size)
{
	for (uint32_t i = 0; i < section->entries_len; i++) {
		const struct section_entry *entry = &section->entries[i];
		size_t k = 0;
		while (k < keys_len && strcmp(keys[k].name, entry->key) != 0)
			k++;
		if (k < keys_len)
			continue;
		char known[512] = "";
		for (size_t j = 0, used = 0; j < keys_len && used < sizeof(known); j++)
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", j ? ", " : "",
				keys[j].name);
		return sections_refuse(s, section, entry->line, why, why_size, "found key '%s', expected one of: %s",
			entry->key, known);
	}
	for (size_t k = 0; k < keys_len; k++) {
		uint32_t line = section->line;
		size_t count = count_of(section, keys[k].name, &line);
		if (count == 0 && keys[k].needed)
			return sections_refuse(s, section, section->line, why, why_size,
				"found no '%s', expected '%s = …'", keys[k].name, keys[k].name);
		if (count > 1 && !keys[k].repeated)
			return sections_refuse(s, section, line, why, why_size, "found '%s' again, expected it once",
				keys[k].name);
	}
	return 0;
}

const struct section_entry *sections_entry(const struct section *section, const char *key)
{
	for (uint32_t i = 0; i < section->entries_len; i++)
		if (strcmp(section->entries[i].key, key) == 0)
			return &section->entries[i];
	return NULL;
}

const char *sections_value(const struct section *section, const char *key, const char *otherwise)
{
	const struct section_entry *entry = sections_entry(section, key);

	return entry ? entry->value : otherwise;
}
