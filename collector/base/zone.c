// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/zone.h"

#include "dataplane/common/wire_name.h"

#include <ctype.h>
#include <libpsl.h>
#include <stdbool.h>
#include <stdio.h>

struct zone_list *zone_open(const char *file, char *why, size_t why_size)
{
	psl_ctx_t *psl = *file ? psl_load_file(file) : psl_latest(NULL);

	if (!psl && *file)
		snprintf(why, why_size, "psl.file: %s: not a readable public suffix list", file);
	else if (!psl)
		snprintf(why, why_size,
			"psl.file: found no public suffix list on this system; install one, or set psl.file");
	return (struct zone_list *)psl;
}

void zone_close(struct zone_list *list)
{
	psl_free((psl_ctx_t *)list);
}

size_t zone_find(const struct zone_list *list, const uint8_t *owner, size_t size)
{
	char plain[256];

	if (size < 2)
		return 0;
	// "www.example.com": each label begins at the same offset as in wire form. The list contains
	// only letters, digits and hyphens; any other octet of a label must not look like a dot or a rule.
	for (size_t at = 0; owner[at] != 0; at = wire_name_next(owner, at)) {
		for (size_t i = 0; i < owner[at]; i++) {
			uint8_t c = owner[at + 1 + i];
			plain[at + i] = isascii(c) && (isalnum(c) || c == '-') ? (char)c : '_';
		}
		plain[at + owner[at]] = '.';
	}
	plain[size - 2] = '\0';
	const char *zone = psl_registrable_domain((const psl_ctx_t *)list, plain);
	return zone ? (size_t)(zone - plain) : 0;
}

size_t zone_find_text(const struct zone_list *list, const char *name, size_t len)
{
	char plain[1024];

	if (len == 0 || len >= sizeof(plain))
		return len;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];
		bool escaped = i > 0 && name[i - 1] == '\\' && plain[i - 1] == '_';
		plain[i] = (isascii(c) && (isalnum(c) || c == '-')) || (c == '.' && !escaped) ? (char)c : '_';
		if (escaped && c == '\\')
			plain[i] = '-'; // this backslash escapes nothing
	}
	plain[len] = '\0';
	const char *zone = psl_registrable_domain((const psl_ctx_t *)list, plain);
	return zone ? (size_t)(zone - plain) : len;
}
