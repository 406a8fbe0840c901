// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool query_list_add2(struct query_list *l, const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (l->len == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 64;
		struct query_span *grown = realloc(l->span, capacity * sizeof(*grown));
		if (!grown)
			return false;
		l->span = grown;
		l->capacity = capacity;
	}
	char *at = redis_buffer_room(&l->text, a_len + b_len + 1);
	if (!at)
		return false;
	memcpy(at, a, a_len);
	memcpy(at + a_len, b, b_len);
	l->span[l->len++] = (struct query_span){.at = (uint32_t)l->text.size, .len = (uint32_t)(a_len + b_len)};
	l->text.size += a_len + b_len;
	return true;
}

bool query_list_add(struct query_list *l, const char *text, size_t len)
{
	return query_list_add2(l, text, len, "", 0);
}

void query_list_clear(struct query_list *l)
{
	l->len = l->pos = 0;
	redis_buffer_clear(&l->text);
}

void query_list_free(struct query_list *l)
{
	free(l->span);
	redis_buffer_free(&l->text);
	*l = (struct query_list){0};
}

int query_run_fail(struct query_run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->why, sizeof(run->why), format, args);
	va_end(args);
	run->failed = true;
	return -1;
}

int query_run_add_key(struct query_run *run, const char *text, size_t len)
{
	return query_list_add(&run->keys, text, len) ? 0 : query_run_fail(run, "out of memory");
}

int query_run_add_set(struct query_run *run, const char *family, const char *text, size_t len)
{
	if (!query_list_add2(&run->sets, family, strlen(family), text, len))
		return query_run_fail(run, "out of memory");
	return 0;
}
