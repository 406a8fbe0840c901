// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/slot_map.h"

#include <stdio.h>
#include <stdlib.h>

void redis_slot_map_ask(struct redis_buffer *out)
{
	redis_encode_array(out, 2);
	redis_encode_literal(out, "CLUSTER");
	redis_encode_literal(out, "SLOTS");
}

// One range: first slot, last slot, [host, port, id, …], replicas.
static bool is_range(const redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements >= 3 && r->element[0]->type == REDIS_REPLY_INTEGER &&
	       r->element[1]->type == REDIS_REPLY_INTEGER && r->element[0]->integer >= 0 &&
	       r->element[1]->integer < REDIS_SLOTS && r->element[2]->type == REDIS_REPLY_ARRAY &&
	       r->element[2]->elements >= 3 && r->element[2]->element[1]->type == REDIS_REPLY_INTEGER &&
	       r->element[2]->element[2]->type == REDIS_REPLY_STRING;
}

struct redis_slot_node *redis_slot_map_find(struct redis_slot_map *map, const char *id)
{
	for (size_t i = 0; i < map->len; i++)
		if (strcmp(map->node[i].id, id) == 0)
			return &map->node[i];
	return NULL;
}

// Adds the primary of a range unless it is known.
static bool add_node(struct redis_slot_map *map, const redisReply *range, const char *asked_host)
{
	const redisReply *host = range->element[2]->element[0], *id = range->element[2]->element[2];
	unsigned port = (unsigned)range->element[2]->element[1]->integer;
	bool named = host->type == REDIS_REPLY_STRING && host->len > 0 && strcmp(host->str, "?") != 0;
	struct endpoint e = {.kind = ENDPOINT_TCP, .port = (uint16_t)port};

	if (redis_slot_map_find(map, id->str))
		return true;
	if (map->len == REDIS_NODES_MAX || id->len >= REDIS_NODE_ID_SIZE)
		return false;
	snprintf(e.host, sizeof(e.host), "%s", named ? host->str : asked_host);
	snprintf(e.text, sizeof(e.text), strchr(e.host, ':') ? "[%.250s]:%u" : "%.250s:%u", e.host, port);
	struct redis_slot_node *n = &map->node[map->len++];
	*n = (struct redis_slot_node){.address = e};
	strcpy(n->id, id->str);
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct redis_slot_node *)a)->id, ((const struct redis_slot_node *)b)->id);
}

bool redis_slot_map_read(struct redis_slot_map *map, const redisReply *reply, const char *asked_host)
{
	map->len = 0;
	memset(map->owner, REDIS_NO_NODE, sizeof(map->owner));
	if (reply->type != REDIS_REPLY_ARRAY)
		return false;
	for (size_t i = 0; i < reply->elements; i++)
		if (!is_range(reply->element[i]) || !add_node(map, reply->element[i], asked_host))
			return false;
	qsort(map->node, map->len, sizeof(*map->node), compare_ids);
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *r = reply->element[i];
		const struct redis_slot_node *n = redis_slot_map_find(map, r->element[2]->element[2]->str);
		for (long long slot = r->element[0]->integer; slot <= r->element[1]->integer; slot++)
			map->owner[slot] = (uint8_t)(n - map->node);
	}
	return true;
}
