// SPDX-License-Identifier: BSD-3-Clause
// The characters of pasted text: invisible ones, quotes and brackets around it, separators of items.
#include "collector/question/parse.h"
#include "dataplane/common/trim.h"

#include <ctype.h>
#include <string.h>

// Characters that are invisible, or that look like a blank or a hyphen.
static const struct {
	uint32_t first, last;
	char to; // 0: nothing
} tidied[] = {{0x00a0, 0x00a0, ' '}, {0x00ad, 0x00ad, 0}, {0x2000, 0x200a, ' '}, {0x200b, 0x200b, 0},
	{0x200e, 0x200f, 0}, {0x2010, 0x2015, '-'}, {0x2028, 0x2029, ' '}, {0x202a, 0x202e, 0}, {0x202f, 0x202f, ' '},
	{0x205f, 0x205f, ' '}, {0x2060, 0x2060, 0}, {0x2066, 0x2069, 0}, {0x2212, 0x2212, '-'}, {0x3000, 0x3000, ' '},
	{0xfeff, 0xfeff, 0}};

// A character of two or three octets of UTF-8; 0 if it is another. `*n` becomes its length.
static uint32_t decode(const unsigned char *p, size_t *n)
{
	if (p[0] >= 0xc2 && p[0] < 0xe0 && (p[1] & 0xc0) == 0x80) {
		*n = 2;
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	}
	if (p[0] >= 0xe0 && p[0] < 0xf0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		*n = 3;
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	}
	*n = 1;
	return 0;
}

// In place; it only gets shorter.
void query_tidy(char *text)
{
	char *to = text;
	size_t n;

	for (const char *p = text; *p; p += n) {
		uint32_t c = decode((const unsigned char *)p, &n);
		size_t i = 0;
		while (i < sizeof(tidied) / sizeof(*tidied) && (c < tidied[i].first || c > tidied[i].last))
			i++;
		if (i == sizeof(tidied) / sizeof(*tidied)) {
			memmove(to, p, n);
			to += n;
		} else if (tidied[i].to) {
			*to++ = tidied[i].to;
		}
	}
	*to = '\0';
}

// Removes quotes or brackets around the whole text; NULL if there are none.
static char *take_inner(char *text)
{
	static const char *const pairs[][2] = {{"\"", "\""}, {"'", "'"}, {"`", "`"}, {"<", ">"}, {"(", ")"},
		{"\u201c", "\u201d"}, {"\u2018", "\u2019"}, {"\u201e", "\u201c"}, {"\u00ab", "\u00bb"}};
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		size_t open = strlen(pairs[i][0]), close = strlen(pairs[i][1]);
		if (len < open + close || strncmp(text, pairs[i][0], open) != 0 ||
			strcmp(text + len - close, pairs[i][1]) != 0)
			continue;
		text[len - close] = '\0';
		if (!strstr(text + open, pairs[i][0]) && !strstr(text + open, pairs[i][1]))
			return text + open;
		text[len - close] = pairs[i][1][0]; // there are others within
	}
	return NULL;
}

// Removes commas at the end, and quotes or brackets around the text. In place.
char *query_unwrap(char *text)
{
	for (char *inner = text; inner; inner = take_inner(text)) {
		text = trim_blanks(inner);
		size_t len = strlen(text);
		while (len > 1 && strchr(",;", text[len - 1]) && text[len - 2] != '\\')
			text[--len] = '\0';
		text = trim_blanks(text);
	}
	return text;
}

// True if a host or a URL seems to begin here: it ends in a word after a dot, or has as many dots as an address.
static bool begins_host(const char *text)
{
	size_t len = strcspn(text, ":/?#,;| \t\r\n\"'"), at = len, dots = 0;

	if (strncmp(text + len, "://", 3) == 0)
		return true;
	for (size_t i = 0; i < len; i++)
		dots += text[i] == '.';
	while (at > 0 && text[at - 1] != '.')
		at--;
	at += at > 0 ? strspn(text + at, "])}") : 0; // "a[.]example"
	if (dots == 3 && strspn(text, "0123456789.[]") >= len)
		return true;
	return at > 0 && len - at >= 2 && isalpha((unsigned char)text[at]);
}

// Separators of items, unless a backslash precedes them. The path of a URL may contain them.
size_t query_item_len(const char *text)
{
	bool url = false, path = false;
	size_t i = 0;

	for (; text[i] && !isspace((unsigned char)text[i]); i++) {
		if (text[i] == '\\' && text[i + 1]) {
			i++;
		} else if (strncmp(text + i, "://", 3) == 0) {
			url = true;
			i += 2;
		} else if (strchr(",;|", text[i])) {
			bool last = text[i + 1] == '\0' || isspace((unsigned char)text[i + 1]);
			if (!path || last || begins_host(text + i + 1))
				break;
		} else {
			path = path || (url && strchr("/?#", text[i]));
		}
	}
	return i;
}
