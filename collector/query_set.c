// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query_set.h"

#include <stdio.h>
#include <stdlib.h>

enum { SORT_FROM = 9 };

static int64_t to_number(const char *text, size_t len)
{
	int64_t value = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || i > 17) {
			char copy[64];
			snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
			return (int64_t)strtod(copy, NULL);
		}
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

int query_set_read(struct query_set *s)
{
	struct query_pipe *p = s->pipe;
	struct query_piece score;
	long long n;
	char mark;

	s->len = 0;
	if (query_pipe_head(p, &mark, &n) != 0)
		return -1;
	if (mark == '-') // its slot is being moved, else there will be an error there as well
		return 1;
	if (mark != '*' || n > 2 * QUERY_SET_MAX || n % 2 != 0)
		return query_pipe_fail(p, "an unexpected answer to ZRANGE");
	for (; s->len < (size_t)n / 2; s->len++) {
		struct query_member *m = &s->member[s->len];
		if (query_pipe_bulk(p, &m->text) != 0 || query_pipe_bulk(p, &score) != 0)
			return -1;
		m->score = to_number(p->in + score.at, score.len);
	}
	return s->len == QUERY_SET_MAX; // there may be more
}

static int compare_members(const void *a, const void *b, void *arg)
{
	const struct query_member *x = a, *y = b;
	const char *in = arg;

	if (x->text.len != y->text.len)
		return x->text.len < y->text.len ? -1 : 1;
	return memcmp(in + x->text.at, in + y->text.at, x->text.len);
}

void query_set_sort(struct query_set *s)
{
	if (s->len >= SORT_FROM)
		qsort_r(s->member, s->len, sizeof(*s->member), compare_members, s->pipe->in);
}

int64_t query_set_score(const struct query_set *s, const char *text, size_t len, size_t guess, int64_t missing)
{
	const char *in = s->pipe->in;
	size_t low = 0, high = s->len;

	if (s->len < SORT_FROM) {
		for (size_t i = 0; i < s->len; i++) {
			const struct query_member *m = &s->member[(guess + i) % s->len];
			if (m->text.len == len && memcmp(in + m->text.at, text, len) == 0)
				return m->score;
		}
		return missing;
	}
	while (low < high) {
		const struct query_member *m = &s->member[(low + high) / 2];
		int order = m->text.len != len ? (m->text.len < len ? -1 : 1) : memcmp(in + m->text.at, text, len);
		if (order == 0)
			return m->score;
		if (order < 0)
			low = (low + high) / 2 + 1;
		else
			high = (low + high) / 2;
	}
	return missing;
}
