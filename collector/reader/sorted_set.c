// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/sorted_set.h"

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

// The head of the reply: the cursor, "0" if all members follow, and how many octet strings do.
static int read_head(struct reader_pipe *p, bool *whole, long long *n)
{
	struct reader_piece cursor;
	long long parts;
	char mark;

	if (reader_pipe_head(p, &mark, &parts) != 0)
		return -1;
	if (mark == '-') // its slot is being moved, else there will be an error there as well
		return 1;
	if (mark != '*' || parts != 2)
		return reader_pipe_fail(p, "an unexpected answer to ZSCAN");
	if (reader_pipe_bulk(p, &cursor) != 0)
		return -1;
	*whole = cursor.len == 1 && p->in[cursor.at] == '0';
	if (reader_pipe_head(p, &mark, n) != 0)
		return -1;
	return mark == '*' && *n % 2 == 0 ? 0 : reader_pipe_fail(p, "an unexpected answer to ZSCAN");
}

int reader_sorted_set_read(struct reader_sorted_set *s)
{
	struct reader_pipe *p = s->pipe;
	struct reader_piece score;
	struct reader_member more;
	bool whole = false;
	long long n = 0;

	s->len = 0;
	int result = read_head(p, &whole, &n);
	if (result != 0)
		return result;
	whole = whole && n <= 2 * READER_SORTED_SET_MAX;
	for (long long i = 0; i < n / 2; i++) {
		struct reader_member *m = whole ? &s->member[s->len++] : &more;
		if (reader_pipe_bulk(p, &m->text) != 0 || reader_pipe_bulk(p, &score) != 0)
			return -1;
		m->score = whole ? to_number(p->in + score.at, score.len) : 0;
	}
	return !whole;
}

static int compare_members(const void *a, const void *b, void *arg)
{
	const struct reader_member *x = a, *y = b;
	const char *in = arg;

	if (x->text.len != y->text.len)
		return x->text.len < y->text.len ? -1 : 1;
	return memcmp(in + x->text.at, in + y->text.at, x->text.len);
}

void reader_sorted_set_sort(struct reader_sorted_set *s)
{
	if (s->len >= SORT_FROM)
		qsort_r(s->member, s->len, sizeof(*s->member), compare_members, s->pipe->in);
}

int64_t reader_sorted_set_score(const struct reader_sorted_set *s, const char *text, size_t len, size_t guess,
	int64_t missing)
{
	const char *in = s->pipe->in;
	size_t low = 0, high = s->len;

	if (s->len < SORT_FROM) {
		for (size_t i = 0; i < s->len; i++) {
			const struct reader_member *m = &s->member[(guess + i) % s->len];
			if (m->text.len == len && memcmp(in + m->text.at, text, len) == 0)
				return m->score;
		}
		return missing;
	}
	while (low < high) {
		const struct reader_member *m = &s->member[(low + high) / 2];
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
