// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis_group.h"

#include <stdlib.h>
#include <time.h>

void redis_group_free(struct redis_group *g)
{
	for (size_t i = 0; i < GROUP_BATCHES_MAX; i++)
		redis_batch_free(&g->batches[i]);
	redis_buffer_free(&g->feed);
	free(g->commands);
}

const char *redis_group_bytes(const struct redis_group *g, const struct group_command *c)
{
	return (c->batch == GROUP_FEED ? g->feed.bytes : g->batches[c->batch].out.bytes) + c->at;
}

uint64_t redis_group_number(const struct redis_group *g, const struct group_command *c)
{
	return c->batch == GROUP_FEED ? g->last : g->batches[c->batch].in.number;
}

// The number behind '*' or '$' at `p`; `*next` is behind its line end. Our own encoding.
static size_t read_length(const char *p, const char **next)
{
	size_t n = 0;

	for (p++; *p != '\r'; p++)
		n = n * 10 + (size_t)(*p - '0');
	*next = p + 2;
	return n;
}

// The octets behind the command at `p`, and its key: its second word.
static const char *read_command(const char *p, const char **key, size_t *key_len)
{
	size_t words = read_length(p, &p);

	for (size_t i = 0; i < words; i++) {
		size_t len = read_length(p, &p);
		if (i == 1) {
			*key = p;
			*key_len = len;
		}
		p += len + 2;
	}
	return p;
}

static struct group_unit *unit_of(struct redis_group *g, uint16_t slot)
{
	if (g->unit_of[slot] == 0) {
		g->units[g->units_len++] =
			(struct group_unit){.slot = slot, .head = GROUP_NONE, .tail = GROUP_NONE};
		g->unit_of[slot] = (uint16_t)g->units_len;
	}
	return &g->units[g->unit_of[slot] - 1];
}

// Sorts the commands of a buffer into units; the first `records` of them are those of the records.
static bool take_commands(struct redis_group *g, const struct redis_buffer *b, uint8_t batch, uint32_t records)
{
	const char *p = b->bytes, *key = NULL;
	size_t key_len = 0;

	if (g->commands_len + b->arrays > g->commands_capacity) {
		size_t capacity = 2 * (g->commands_len + b->arrays);
		struct group_command *more = realloc(g->commands, capacity * sizeof(*more));
		if (!more)
			return false;
		g->commands = more;
		g->commands_capacity = capacity;
	}
	for (uint32_t i = 0; i < b->arrays; i++) {
		const char *end = read_command(p, &key, &key_len);
		struct group_unit *unit = unit_of(g, redis_slot(key, key_len));
		uint32_t index = (uint32_t)g->commands_len++;
		g->commands[index] = (struct group_command){.at = (uint32_t)(p - b->bytes),
			.size = (uint32_t)(end - p),
			.next = GROUP_NONE,
			.index = i < records ? i : GROUP_NONE,
			.batch = batch};
		if (unit->tail == GROUP_NONE)
			unit->head = index;
		else
			g->commands[unit->tail].next = index;
		unit->tail = index;
		p = end;
	}
	return true;
}

bool redis_group_make(struct redis_group *g, struct redis_buffer *feed, const struct redis_announced *announced,
	const struct redis_settings *s, const struct zone_list *zones)
{
	struct redis_buffer old = g->feed;

	g->commands_len = g->units_len = 0;
	memset(g->unit_of, 0, sizeof(g->unit_of));
	g->first = g->batches[0].in.number;
	g->last = g->batches[g->len - 1].in.number;
	for (size_t i = 0; i < g->len; i++) {
		struct redis_batch *b = &g->batches[i];
		redis_buffer_clear(&b->out);
		if (!schema_read(&b->records, b->in.body, b->in.size))
			return false;
		schema_write(&b->records, s, zones, &b->out);
		redis_batch_write_sensor(&b->out, &b->in.hello, &b->records, (uint64_t)time(NULL),
			!redis_batch_is_announced(announced, &b->in.hello), s);
		if (b->out.bad || !take_commands(g, &b->out, (uint8_t)i, b->records.commands_len))
			return false;
	}
	g->feed = *feed;
	redis_buffer_clear(&old);
	*feed = old;
	return g->feed.bad || take_commands(g, &g->feed, GROUP_FEED, 0);
}
