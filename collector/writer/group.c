// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/group.h"

#include <stdlib.h>
#include <time.h>

void group_free(struct batch_group *g)
{
	for (size_t i = 0; i < GROUP_BATCHES_MAX; i++)
		batch_free(&g->batches[i]);
	follow_free(&g->riders);
	free(g->commands);
}

const char *group_bytes(const struct batch_group *g, const struct group_command *c)
{
	return (c->batch == GROUP_RIDERS ? g->riders.commands.bytes : g->batches[c->batch].out.bytes) + c->at;
}

void group_compare(struct batch_group *g, const uint64_t applied[static REDIS_SLOTS])
{
	for (size_t i = 0; i < g->units_len; i++)
		g->units[i].had = g->len == 0 || g->last <= applied[g->units[i].slot];
}

bool group_needs(const struct batch_group *g, const struct group_unit *unit, const struct group_command *c,
	uint64_t applied)
{
	if (c->batch == GROUP_RIDERS)
		return unit->had || g->last > applied;
	return g->batches[c->batch].in.number > applied;
}

static struct group_unit *unit_of(struct batch_group *g, uint16_t slot)
{
	if (g->unit_of[slot] == 0) {
		g->units[g->units_len++] = (struct group_unit){.slot = slot, .head = GROUP_NONE, .tail = GROUP_NONE};
		g->unit_of[slot] = (uint16_t)g->units_len;
	}
	return &g->units[g->unit_of[slot] - 1];
}

// Adds the command at `at` in the buffer of a batch or of the riders. Returns its end.
static const char *take_command(struct batch_group *g, const char *bytes, const char *at, uint8_t batch, uint32_t index)
{
	const char *key = NULL;
	size_t key_len = 0;
	const char *end = redis_encode_read(at, &key, &key_len);
	struct group_unit *unit = unit_of(g, redis_slot(key, key_len));
	uint32_t place = (uint32_t)g->commands_len++;

	g->commands[place] = (struct group_command){.at = (uint32_t)(at - bytes),
		.size = (uint32_t)(end - at),
		.next = GROUP_NONE,
		.index = index,
		.batch = batch};
	if (unit->tail == GROUP_NONE)
		unit->head = place;
	else
		g->commands[unit->tail].next = place;
	unit->tail = place;
	unit->riders |= batch == GROUP_RIDERS;
	return end;
}

static bool make_room(struct batch_group *g, size_t len)
{
	if (g->commands_len + len <= g->commands_capacity)
		return true;
	size_t capacity = 2 * (g->commands_len + len);
	struct group_command *more = realloc(g->commands, capacity * sizeof(*more));
	if (!more)
		return false;
	g->commands = more;
	g->commands_capacity = capacity;
	return true;
}

// Adds the commands of a batch. The first `records` of them are those of the records.
static bool take_batch(struct batch_group *g, const struct redis_buffer *b, uint8_t batch, uint32_t records)
{
	const char *at = b->bytes;

	if (!make_room(g, b->arrays))
		return false;
	for (uint32_t i = 0; i < b->arrays; i++)
		at = take_command(g, b->bytes, at, batch, i < records ? i : GROUP_NONE);
	return true;
}

// Adds the riders that are sent before the records, or all others.
static bool take_riders(struct batch_group *g, bool before)
{
	const char *bytes = g->riders.commands.bytes;

	if (!make_room(g, g->riders.len))
		return false;
	for (uint32_t i = 0; i < g->riders.len; i++)
		if ((g->riders.notes[i].kind == FOLLOW_REMOVE) == before)
			take_command(g, bytes, bytes + g->riders.notes[i].at, GROUP_RIDERS, i);
	return true;
}

static bool make_batch(struct batch_group *g, size_t i, const struct batch_announced *announced,
	const struct redis_settings *s, const struct zone_list *zones)
{
	struct batch *b = &g->batches[i];

	redis_buffer_clear(&b->out);
	if (!schema_read(&b->records, b->in.body, b->in.size))
		return false;
	schema_write(&b->records, s, zones, &b->out);
	batch_write_sensor(&b->out, &b->in.hello, &b->records, (uint64_t)time(NULL),
		!batch_is_announced(announced, &b->in.hello), s);
	return !b->out.bad && take_batch(g, &b->out, (uint8_t)i, b->records.commands_len);
}

bool group_make(struct batch_group *g, struct follow *follow, uint64_t number, const struct batch_announced *announced,
	const struct redis_settings *s, const struct zone_list *zones)
{
	struct follow old = g->riders;

	g->commands_len = g->units_len = 0;
	memset(g->unit_of, 0, sizeof(g->unit_of));
	g->first = g->len > 0 ? g->batches[0].in.number : number + 1;
	g->last = g->len > 0 ? g->batches[g->len - 1].in.number : number;
	if (follow->commands.bad)
		follow_clear(follow);
	g->riders = *follow;
	follow_clear(&old);
	*follow = old;
	bool made = take_riders(g, true);
	for (size_t i = 0; made && i < g->len; i++)
		made = make_batch(g, i, announced, s, zones);
	return made && take_riders(g, false);
}
