// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/limit.h"

#include "dataplane/common/fnv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void alert_limits_free(struct alert_limits *l)
{
	free(l->at);
	*l = (struct alert_limits){0};
}

// Where a rule is, or belongs.
static size_t place_of(const struct alert_limits *l, const char *rule)
{
	size_t low = 0, high = l->len;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(l->at[middle].rule, rule) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remove_at(struct alert_limits *l, size_t i)
{
	memmove(&l->at[i], &l->at[i + 1], (l->len - i - 1) * sizeof(*l->at));
	l->len--;
}

// A new hour of a rule. NULL: there are too many, or no memory.
static struct alert_limit *insert_at(struct alert_limits *l, size_t i, const char *rule)
{
	if (l->len == ALERT_LIMITS_MAX || strlen(rule) >= sizeof(l->at->rule))
		return NULL;
	if (l->len == l->capacity) {
		size_t more = l->capacity ? l->capacity * 2 : 16;
		struct alert_limit *fresh = reallocarray(l->at, more, sizeof(*fresh));
		if (!fresh)
			return NULL;
		l->at = fresh;
		l->capacity = more;
	}
	memmove(&l->at[i + 1], &l->at[i], (l->len - i) * sizeof(*l->at));
	l->len++;
	l->at[i] = (struct alert_limit){0};
	snprintf(l->at[i].rule, sizeof(l->at[i].rule), "%s", rule);
	return &l->at[i];
}

// What an hour held back, as an alert.
static void summarize(const struct alert_limit *one, struct alert *summary)
{
	char id[17], first[24], last[24], reason[160], text[128], from[32];

	*summary = (struct alert){0};
	if (one->held == 0)
		return;
	snprintf(text, sizeof(text), "summary %s %" PRId64, one->rule, one->start_ms);
	snprintf(id, sizeof(id), "%016" PRIx64, fnv64(FNV64_START, text, strlen(text)));
	snprintf(first, sizeof(first), "%" PRId64, one->start_ms / 1000);
	snprintf(last, sizeof(last), "%" PRId64, (one->start_ms + ALERT_LIMIT_MS) / 1000);
	alert_time_text(one->start_ms, from, sizeof(from));
	snprintf(reason, sizeof(reason),
		"%u alerts held back in the hour from %s, after %u were delivered; see lookback alerts --rule",
		one->held, from, one->passed);
	const char *const field[ALERT_FIELDS] = {[ALERT_ID] = id,
		[ALERT_RULE] = one->rule,
		[ALERT_KIND] = "summary",
		[ALERT_FIRST] = first,
		[ALERT_LAST] = last,
		[ALERT_REASON] = reason};
	if (alert_make(summary, "", field) != 0)
		*summary = (struct alert){0};
}

bool alert_limits_take(struct alert_limits *l, const char *rule, uint32_t limit, int64_t time_ms, struct alert *summary)
{
	size_t i = place_of(l, rule);
	struct alert_limit *one = i < l->len && strcmp(l->at[i].rule, rule) == 0 ? &l->at[i] : NULL;

	*summary = (struct alert){0};
	if (!one && limit == 0)
		return true;
	if (one && (time_ms - one->start_ms >= ALERT_LIMIT_MS || limit == 0)) {
		summarize(one, summary);
		one->start_ms = time_ms;
		one->passed = one->held = 0;
	}
	if (!one && (one = insert_at(l, i, rule)) != NULL)
		one->start_ms = time_ms;
	if (!one)
		return true;
	if (limit != 0 && one->passed >= limit) {
		one->held++;
		return false;
	}
	one->passed++;
	if (limit == 0)
		remove_at(l, i);
	return true;
}

bool alert_limits_end(struct alert_limits *l, int64_t now_ms, struct alert *summary)
{
	for (size_t i = 0; i < l->len; i++)
		if (now_ms - l->at[i].start_ms >= ALERT_LIMIT_MS) {
			summarize(&l->at[i], summary);
			remove_at(l, i);
			return true;
		}
	return false;
}

void alert_limits_write(const struct alert_limits *l, FILE *out)
{
	for (size_t i = 0; i < l->len; i++)
		fprintf(out, "limit %s %" PRId64 " %u %u\n", l->at[i].rule, l->at[i].start_ms, l->at[i].passed,
			l->at[i].held);
}

bool alert_limits_read(struct alert_limits *l, const char *line)
{
	struct alert_limit one;

	if (sscanf(line, "limit %63s %" SCNd64 " %u %u", one.rule, &one.start_ms, &one.passed, &one.held) != 4)
		return false;
	size_t i = place_of(l, one.rule);
	if (i < l->len && strcmp(l->at[i].rule, one.rule) == 0)
		return false;
	struct alert_limit *at = insert_at(l, i, one.rule);
	if (at)
		*at = one;
	return at != NULL;
}
