// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/setting.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/common/setting_tables.h"

const struct setting_topic *const setting_topics[] = {&setting_basics, &setting_capture, &setting_accept,
	&setting_limits, &setting_delivery, &setting_redis, &setting_spool, &setting_http, &setting_alerts,
	&setting_context, &setting_process, NULL};

const struct setting *setting_find(const struct setting_topic *const *topics, const char *name)
{
	for (; *topics; topics++)
		for (size_t i = 0; i < (*topics)->len; i++)
			if (strcmp((*topics)->settings[i].name, name) == 0)
				return &(*topics)->settings[i];
	return NULL;
}

enum { NAME_MAX_LEN = 40 };

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

// Number of insertions, deletions, replacements and swaps of neighbours between two texts of at most NAME_MAX_LEN characters.
static size_t distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b), rows[3][NAME_MAX_LEN + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = a[i - 1] == b[j - 1];
			row[j] = min_size(min_size(last[j], row[j - 1]) + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min_size(row[j], before[j - 2] + 1);
		}
		size_t *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[b_len];
}

// The name in lower case, '.' for '_' and '-', so that "Flush-Interval" is near.
static void normalize(char out[static NAME_MAX_LEN + 1], const char *name)
{
	size_t len = 0;

	for (; *name && len < NAME_MAX_LEN; name++)
		out[len++] = *name >= 'A' && *name <= 'Z'   ? (char)(*name - 'A' + 'a')
			     : *name == '_' || *name == '-' ? '.'
							    : *name;
	out[len] = '\0';
}

// True if `name` is the last part of `key`, after a dot: "password" of "redis.password".
static bool is_last_part(const char *name, const char *key)
{
	size_t len = strlen(name), key_len = strlen(key);

	return len >= 3 && key_len > len && key[key_len - len - 1] == '.' && strcmp(key + key_len - len, name) == 0;
}

const char *setting_nearest(const struct setting_topic *const *topics, const char *name)
{
	char wanted[NAME_MAX_LEN + 1], known[NAME_MAX_LEN + 1];
	const char *nearest = NULL, *part = NULL;

	if (strlen(name) > NAME_MAX_LEN)
		return NULL;
	normalize(wanted, name);
	size_t best = strlen(name) / 3 + 1; // further away is another word
	for (; *topics; topics++) {
		for (size_t i = 0; i < (*topics)->len; i++) {
			const char *key = (*topics)->settings[i].name;
			normalize(known, key);
			size_t d = distance(wanted, known);
			if (d < best || (d == best && !nearest)) {
				best = d;
				nearest = key;
			}
			if (!part && is_last_part(wanted, known))
				part = key;
		}
	}
	return nearest && (best <= 1 || !part) ? nearest : part;
}

// True if a number is, but for rounding, a multiple of a unit.
static bool is_whole(double value, double unit)
{
	double units = value / unit, off = units - (double)(uint64_t)(units + 0.5);

	return value >= unit && off < 1e-9 && off > -1e-9;
}

// A number with the largest unit that leaves it whole.
static void put_number(const struct setting *s, double value, char *out, size_t out_size)
{
	static const struct unit {
		double scale;
		const char *name;
	} times[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}, {0.001, " ms"}, {0, NULL}},
	  sizes[] = {{1099511627776.0, "t"}, {1073741824, "g"}, {1048576, "m"}, {1024, "k"}, {0, NULL}},
	  none[] = {{0, NULL}};
	const struct unit *u = s->type == SETTING_SECONDS ? times : s->type == SETTING_SIZE ? sizes : none;

	while (u->name && !is_whole(value, u->scale))
		u++;
	if (u->name && s->type == SETTING_SIZE && u == sizes)
		u++; // values have no t
	if (value == 0 && s->type == SETTING_SECONDS)
		snprintf(out, out_size, "0 s");
	else
		snprintf(out, out_size, "%.15g%s", u->name ? value / u->scale : value, u->name ? u->name : "");
}

const char *setting_range(const struct setting *s, char out[static SETTING_TEXT_SIZE])
{
	static const char *const kinds[] = {[SETTING_BOOL] = "yes or no",
		[SETTING_UINT] = "",
		[SETTING_SIZE] = "bytes",
		[SETTING_SECONDS] = "",
		[SETTING_STRING] = "text"};
	const char *kind = s->values ? s->values : kinds[s->type];
	char low[40], high[40];

	put_number(s, s->min, low, sizeof(low));
	put_number(s, s->max, high, sizeof(high));
	if (s->type == SETTING_BOOL || s->type == SETTING_STRING || (s->min == 0 && s->max == 0))
		snprintf(out, SETTING_TEXT_SIZE, "%s", kind);
	else
		snprintf(out, SETTING_TEXT_SIZE, "%s to %s%s%s", low, high, *kind ? " " : "", kind);
	return out;
}

const char *setting_effect(const struct setting *s)
{
	return s->reload ? "reload" : s->fills ? "restart; reload if it was empty" : "restart";
}
