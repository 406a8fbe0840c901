// SPDX-License-Identifier: BSD-3-Clause
// A keyword and names, a line each: one keyword at a time and many at a time find the same.
#include "collector/alike/alike.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct alike_keyword *k, const struct alike_set *set, const char *keyword,
	size_t keyword_len, const char *name, size_t len)
{
	char text[4 * TEXT_NAME_SIZE];
	enum alike_reason one = alike(keyword, keyword_len, name, len), kept = alike_match(k, name, len, false);

	if (one != kept || one != alike_set_best(set, name, len, NULL) || one >= ALIKE_MAX)
		abort();
	bool decoded = memmem(name, len, "xn--", 4); // what it stands for counts, not its letters
	if (!decoded && memmem(name, len, keyword, keyword_len) && one != ALIKE_CONTAINS)
		abort();
	size_t unicode = alike_unicode(name, len, text, sizeof(text));
	if (unicode > 0 && (unicode >= sizeof(text) || text[unicode] != '\0'))
		abort();
	char latin[2 * TEXT_NAME_SIZE];
	(void)(unicode > 0 && alike_to_latin(text, latin, sizeof(latin)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line = size ? memchr(at, '\n', size) : NULL;
	struct alike_pieces pieces;

	if (!line || line == at || line - at > 64 || size > 4096)
		return 0;
	for (const char *c = at; c < end; c++) // the form of Redis keys
		if ((*c >= 'A' && *c <= 'Z') || (*c != '\n' && (*c <= ' ' || *c > '~')))
			return 0;
	size_t keyword_len = (size_t)(line - at);
	char *keyword = strndup(at, keyword_len); // of just that size, so that a sanitizer sees over-reads
	struct alike_keyword *k = alike_keyword_new(keyword, keyword_len);
	struct alike_set *set = alike_set_new();
	if (!k || !set || !alike_set_add(set, keyword, keyword_len, 0) || !alike_set_seal(set))
		abort();
	alike_pieces(&pieces, keyword, keyword_len);
	for (at = line + 1; at < end; at = line + 1) {
		line = memchr(at, '\n', (size_t)(end - at));
		if (!line)
			line = end;
		size_t len = (size_t)(line - at);
		char *name = strndup(at, len);
		if (name && len > 0 && len < TEXT_NAME_SIZE)
			check_name(k, set, keyword, keyword_len, name, len);
		free(name);
	}
	alike_set_free(set);
	alike_keyword_free(k);
	free(keyword);
	return 0;
}
