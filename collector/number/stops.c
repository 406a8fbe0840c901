// SPDX-License-Identifier: BSD-3-Clause
#include "collector/number/stops.h"

#include "collector/redis/slot.h"

#include <stdio.h>
#include <stdlib.h>

static struct stop *find(struct stops *l, uint16_t slot)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->at[i].slot == slot)
			return &l->at[i];
	return NULL;
}

static bool is_same(const struct stop *a, const struct stop *b)
{
	return a->state == b->state && a->expected == b->expected && a->found.seq == b->found.seq &&
	       a->found.fence == b->found.fence && a->found.seq_number == b->found.seq_number &&
	       a->found.fence_number == b->found.fence_number;
}

bool stops_put(struct stops *l, const struct stop *stop)
{
	struct stop *old = find(l, stop->slot);

	if (old) {
		l->changes += !is_same(old, stop);
		*old = *stop;
		return false;
	}
	if (l->len == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 16;
		struct stop *more = realloc(l->at, capacity * sizeof(*more));
		if (!more)
			return false;
		l->at = more;
		l->capacity = capacity;
	}
	l->at[l->len++] = *stop;
	l->changes++;
	return true;
}

bool stops_remove(struct stops *l, uint16_t slot)
{
	struct stop *old = find(l, slot);

	if (!old)
		return false;
	*old = l->at[--l->len];
	l->changes++;
	return true;
}

void stops_free(struct stops *l)
{
	free(l->at);
	*l = (struct stops){.len = 0};
}

// The second copy is the one that is wrong.
static bool is_of_fence(const struct stop *stop)
{
	return stop->state == GUARD_FOREIGN && stop->found.seq != GUARD_OTHER;
}

void stops_key(char out[REDIS_STOP_KEY_SIZE], const struct stop *stop, const char *prefix, const char *uuid)
{
	const char *tag = redis_slot_tag(stop->slot);

	if (is_of_fence(stop))
		snprintf(out, REDIS_STOP_KEY_SIZE, "%.70sfence:{%s}:%.40s", prefix, tag, uuid);
	else
		snprintf(out, REDIS_STOP_KEY_SIZE, "%.70sseq:{%s}", prefix, tag);
}

static void write_number(char out[24], enum guard_kind kind, uint64_t number)
{
	if (kind == GUARD_NUMBER)
		snprintf(out, 24, "%lu", (unsigned long)number);
	else
		snprintf(out, 24, "%s", kind == GUARD_NONE ? "none" : "something else");
}

void stops_found(char out[24], const struct stop *stop)
{
	if (is_of_fence(stop))
		write_number(out, stop->found.fence, stop->found.fence_number);
	else
		write_number(out, stop->found.seq, stop->found.seq_number);
}

void stops_expected(char out[24], const struct stop *stop)
{
	uint64_t number = stop->expected;

	if (number == 0 && stop->found.fence == GUARD_NUMBER)
		number = stop->found.fence_number;
	else if (number == 0 && is_of_fence(stop))
		number = stop->found.seq_number;
	if (number > 0 || stop->found.fence == GUARD_NUMBER)
		snprintf(out, 24, "%lu", (unsigned long)number);
	else
		snprintf(out, 24, "unknown");
}

void stops_tell(char *out, size_t out_size, const struct stop *stop, const char *prefix, const char *uuid)
{
	char key[REDIS_STOP_KEY_SIZE], found[24], expected[24];

	stops_key(key, stop, prefix, uuid);
	stops_found(found, stop);
	stops_expected(expected, stop);
	snprintf(out, out_size,
		"%s: slot %u, key %s: found %s%s for spool %s, expected %s (%s); nothing is written to this slot; look at `lookback "
		"spool status`, then decide by `lookback spool adopt` or `reset`",
		stop->server, stop->slot, key, stop->found.seq == GUARD_NUMBER && !is_of_fence(stop) ? "number " : "",
		found, uuid, expected, guard_label[stop->state]);
}
