// SPDX-License-Identifier: BSD-3-Clause
// Not a test: how long a search over many names takes, and the memory that they take. Names come on
// the standard input, one a line; keywords are the arguments.
//
//     names_bench [-l LIMIT] paypal amazon < names
//
// As the server does it: without a limit given, 10,000 names; 0: all.
//
// Times are those of the processor, so that they mean something on a busy machine.
#include "collector/names/store.h"
#include "collector/query/match.h"
#include "collector/query/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void take(void *arg, const char *name, size_t len)
{
	query_ranks_take(arg, name, len);
}

enum { BUDGET = 4 << 20 };

static void search(const struct names_store *s, const char *keyword, uint64_t limit)
{
	struct query_run run = {.q = query_make(QUERY_KEYWORD), .source = SOURCE_INDEX};
	char why[256];

	if (query_parse_keyword(&run.q, keyword, why, sizeof(why)) != 0) {
		fprintf(stderr, "%s\n", why);
		return;
	}
	run.q.limit = limit;
	double start = now();
	query_match_needles(&run, &run.needles);
	for (uint64_t next = 0; next < names_store_size(s) && !query_ranks_are_full(&run);)
		next = names_search(s, &run.needles, next, BUDGET, take, &run);
	printf("%-16s %.0f ms", keyword, (now() - start) * 1e3);
	for (size_t i = 1; i < ALIKE_MAX; i++)
		printf(", %s: %zu", alike_reason_text[i], run.ranked[i].len);
	putchar('\n');
	alike_keyword_free(run.keyword);
}

int main(int argc, char **argv)
{
	struct names_store s;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!names_store_open(&s))
		return 1;
	double start = now();
	while ((len = getline(&line, &size, stdin)) > 0)
		names_store_add(&s, line, (size_t)len - (line[len - 1] == '\n'));
	free(line);
	uint64_t bytes = s.size - 1 - s.len;
	printf("%llu names of %llu octets, %.2f times that in memory, added in %.1f s\n", (unsigned long long)s.len,
		(unsigned long long)bytes, (double)names_store_memory(&s) / (double)bytes, now() - start);
	bool limited = argc > 2 && strcmp(argv[1], "-l") == 0;
	uint64_t limit = limited ? strtoull(argv[2], NULL, 10) : 10000;
	for (int i = limited ? 3 : 1; i < argc; i++)
		search(&s, argv[i], limit);
	names_store_close(&s);
	return 0;
}
