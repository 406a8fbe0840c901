// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *path, const char *reason, char *why, size_t why_size)
{
	snprintf(why, why_size, "%.500s: cannot be read: %s", path, reason);
	return -1;
}

// Reads until the end, at most `size` octets. Returns their number, or -1.
static ssize_t read_all(int fd, char *bytes, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, bytes + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static int read_open(int fd, const char *path, size_t most, char **bytes, size_t *size, char *why, size_t why_size)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return fail(path, strerror(errno), why, why_size);
	if (!S_ISREG(status.st_mode))
		return fail(path, "it is no ordinary file", why, why_size);
	if ((uint64_t)status.st_size > most) {
		snprintf(why, why_size, "%.500s: found %llu octets, expected at most %zu", path,
			(unsigned long long)status.st_size, most);
		return -1;
	}
	*bytes = malloc((size_t)status.st_size + 1);
	if (!*bytes)
		return fail(path, "out of memory", why, why_size);
	ssize_t len = read_all(fd, *bytes, (size_t)status.st_size);
	if (len < 0) {
		free(*bytes);
		*bytes = NULL;
		return fail(path, strerror(errno), why, why_size);
	}
	(*bytes)[len] = '\0';
	*size = (size_t)len;
	return 0;
}

// Reads an ordinary file of at most `most` octets into memory. Returns 0, or -1 with one line in `why`.
static int read_file(const char *path, size_t most, char **bytes, size_t *size, char *why, size_t why_size)
{
	// O_NONBLOCK: open(2) of a FIFO without a writer would block
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*bytes = NULL;
	*size = 0;
	if (fd < 0)
		return fail(path, strerror(errno), why, why_size);
	int result = read_open(fd, path, most, bytes, size, why, why_size);
	close(fd);
	return result;
}

int context_text_open(struct context_text *t, const char *path, char *why, size_t why_size)
{
	*t = (struct context_text){.path = path};
	return read_file(path, CONTEXT_FILE_MAX, &t->bytes, &t->size, why, why_size);
}

int context_text_of(struct context_text *t, const char *path, const char *bytes, size_t size)
{
	*t = (struct context_text){.path = path, .bytes = malloc(size + 1), .size = size};
	if (!t->bytes)
		return -1;
	memcpy(t->bytes, bytes, size);
	t->bytes[size] = '\0';
	return 0;
}

void context_text_free(struct context_text *t)
{
	free(t->bytes);
	*t = (struct context_text){0};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

// One line, trimmed.
static char *next_line(struct context_text *t)
{
	char *line = t->bytes + t->at, *end = memchr(line, '\n', t->size - t->at);

	if (!end)
		end = t->bytes + t->size;
	t->at = (size_t)(end - t->bytes) + 1;
	t->line++;
	for (char *zero = line; (zero = memchr(zero, '\0', (size_t)(end - zero))) != NULL;)
		*zero = '\1'; // no entry has it
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	while (is_blank(*line))
		line++;
	return line;
}

char *context_text_next(struct context_text *t)
{
	while (t->at < t->size) {
		char *line = next_line(t);
		if (t->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0)
			line += 3; // byte order mark
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

size_t context_text_lines(const struct context_text *t)
{
	size_t lines = 1;

	for (const char *at = t->bytes, *end = t->bytes + t->size; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		lines++;
	return lines;
}

int context_text_fail(const struct context_text *t, char *why, size_t why_size, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(why, why_size, "%.500s:%lu: %s", t->path, t->line, text);
	return -1;
}

// Octets of the UTF-8 character at `text`; 0: it is none. `code`: its code point.
static size_t character(const unsigned char *text, size_t len, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;

	if (n == 0 || n > len)
		return 0;
	*code = n == 1 ? text[0] : text[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	return *code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff) ? 0 : n;
}

// Neither a control character, nor one that changes lines or the direction of text.
static bool is_shown(uint32_t code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && code != 0x61c &&
	       !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2060 && code <= 0x206f) && code != 0xfeff;
}

void context_text_copy(char *out, size_t out_size, const char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len;) {
		uint32_t code;
		size_t n = character((const unsigned char *)text + i, len - i, &code);
		bool shown = n > 0 && is_shown(code);
		size_t put = shown ? n : 1;
		if (used + put >= out_size)
			break;
		memcpy(out + used, shown ? text + i : "?", put);
		used += put;
		i += n > 0 ? n : 1;
	}
	out[used] = '\0';
}
