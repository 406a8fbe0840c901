// SPDX-License-Identifier: BSD-3-Clause
// Not a test: which names look like a keyword. tests/bench/alike.py measures with it.
//
//     alike_bench < pairs           pairs "KEYWORD NAME", one a line; prints the reason of each, or "-"
//     alike_bench --set KEYWORDS < names   the time per name for all keywords of a file at a time
//     alike_bench KEYWORD... < names   prints "KEYWORD<tab>REASON<tab>NAME" for each name that looks like a keyword
#include "collector/query/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *reason_of(const char *keyword, const char *name)
{
	enum alike_reason reason = alike(keyword, strlen(keyword), name, strlen(name));

	return reason == ALIKE_NONE ? "-" : alike_reason_text[reason];
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool count(void *arg, uint32_t id, enum alike_reason reason)
{
	(void)id;
	((size_t *)arg)[reason]++;
	return true;
}

static int measure_set(const char *path)
{
	struct alike_set *set = alike_set_new();
	FILE *file = fopen(path, "r");
	static char line[2048];
	char *names = NULL;
	size_t size = 0, keywords = 0, n = 0, found[ALIKE_MAX] = {0};

	if (!set || !file)
		return 1;
	for (; fgets(line, sizeof(line), file); keywords++)
		if (!alike_set_add(set, line, strcspn(line, "\r\n"), (uint32_t)keywords))
			return 1;
	fclose(file);
	ssize_t len = getdelim(&names, &size, '\0', stdin);
	if (!alike_set_seal(set) || len < 0)
		return 1;
	double start = now();
	for (char *at = names, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, n++)
		alike_set_find(set, at, (size_t)(end - at), count, found);
	printf("%zu names, %zu keywords: %.0f ns per name\n", n, keywords, (now() - start) / (double)n * 1e9);
	for (size_t i = 1; i < ALIKE_MAX; i++)
		printf("%s: %zu\n", alike_reason_text[i], found[i]);
	alike_set_free(set);
	free(names);
	return 0;
}

int main(int argc, char **argv)
{
	char line[2048];

	if (argc == 3 && strcmp(argv[1], "--set") == 0)
		return measure_set(argv[2]);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		char *name = strchr(line, ' ');
		if (argc == 1 && name) {
			*name++ = '\0';
			puts(reason_of(line, name));
		}
		for (int i = 1; i < argc; i++) {
			const char *reason = reason_of(argv[i], line);
			if (*reason != '-')
				printf("%s\t%s\t%s\n", argv[i], reason, line);
		}
	}
	return 0;
}
