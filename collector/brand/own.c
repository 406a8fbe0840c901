// SPDX-License-Identifier: BSD-3-Clause
// Own domains, from a file.
#include "collector/brand/brand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 100000 };

struct brand_own {
	char **name; // sorted; owned
	size_t len, capacity;
};

void brand_own_free(struct brand_own *own)
{
	if (!own)
		return;
	for (size_t i = 0; i < own->len; i++)
		free(own->name[i]);
	free(own->name);
	free(own);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add(struct brand_own *own, const char *name)
{
	if (own->len == own->capacity) {
		size_t capacity = own->capacity ? 2 * own->capacity : 64;
		char **more = reallocarray(own->name, capacity, sizeof(char *));
		if (!more)
			return false;
		own->name = more;
		own->capacity = capacity;
	}
	own->name[own->len] = strdup(name);
	return own->name[own->len] && ++own->len;
}

// One line of the file. 0, or -1 with `why`.
static int read_line(struct brand_own *own, char *line, const char *file, size_t number, char *why, size_t why_size)
{
	char name[TEXT_NAME_SIZE];

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	size_t len = strcspn(line, " \t");
	if (len == 0)
		return 0;
	if (line[len + strspn(line + len, " \t")] != '\0' || query_name_of(line, len, name) == 0) {
		snprintf(why, why_size, "%.200s:%zu: found '%.100s', expected one name", file, number, line);
		return -1;
	}
	if (own->len == OWN_MAX || !add(own, name)) {
		snprintf(why, why_size, "%.200s: found more than %d names, or too little memory", file, OWN_MAX);
		return -1;
	}
	return 0;
}

struct brand_own *brand_own_read(const char *file, char *why, size_t why_size)
{
	struct brand_own *own = calloc(1, sizeof(*own));
	FILE *in = fopen(file, "re");
	char *line = NULL;
	size_t size = 0, number = 0;
	int result = in && own ? 0 : -1;

	if (result != 0)
		snprintf(why, why_size, "%.200s: %s", file, strerror(errno));
	while (result == 0 && getline(&line, &size, in) >= 0)
		result = read_line(own, line, file, ++number, why, why_size);
	if (result == 0 && ferror(in)) {
		snprintf(why, why_size, "%.200s: %s", file, strerror(errno));
		result = -1;
	}
	free(line);
	if (in)
		fclose(in);
	if (result != 0) {
		brand_own_free(own);
		return NULL;
	}
	if (own->len > 0)
		qsort(own->name, own->len, sizeof(char *), compare);
	return own;
}

bool brand_own_has(const struct brand_own *own, const char *name, size_t len)
{
	char text[TEXT_NAME_SIZE];
	const char *at = text;

	if (!own || own->len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	while (at) { // the name, then what is above it
		if (bsearch(&at, own->name, own->len, sizeof(char *), compare))
			return true;
		at = strchr(at, '.');
		at = at ? at + 1 : NULL;
	}
	return false;
}
