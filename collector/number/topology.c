// SPDX-License-Identifier: BSD-3-Clause
#include "collector/number/topology.h"

#include "collector/redis/info.h"
#include "collector/redis/slot_map.h"
#include "collector/redis/families.h"
#include "dataplane/common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int topology_fail(struct topology *t, enum redis_trouble trouble, const char *format, ...)
{
	va_list args;

	t->trouble = trouble;
	va_start(args, format);
	vsnprintf(t->why, sizeof(t->why), format, args);
	va_end(args);
	return -1;
}

void topology_close(struct topology *t)
{
	for (size_t i = 0; i < t->nodes_len; i++) {
		redis_conn_close(&t->nodes[i].conn);
		redis_buffer_free(&t->nodes[i].out);
	}
	stops_free(&t->stops);
}

void topology_renew(struct topology *t, const char *uuid)
{
	snprintf(t->uuid, sizeof(t->uuid), "%s", uuid);
	memset(t->known, 0, sizeof(t->known));
	memset(t->applied, 0, sizeof(t->applied));
	memset(t->held, 0, sizeof(t->held));
	memset(t->run, 0, sizeof(t->run));
	memset(t->stopped, 0, sizeof(t->stopped));
	memset(t->unnumbered, 0, sizeof(t->unnumbered));
	t->stops.changes += t->stops.len > 0;
	t->stops.len = 0;
	t->sent = UINT64_MAX;
	numbered_clear(&t->numbered);
	t->lost_from = t->highest = t->held_len = 0;
	for (size_t i = 0; i < t->nodes_len; i++) // the names of the connections have the old UUID
		redis_conn_close(&t->nodes[i].conn);
}

void topology_seq_key(struct redis_buffer *out, const struct redis_settings *s, uint16_t slot)
{
	char tail[REDIS_SLOT_TAG_SIZE + 8];
	int len = snprintf(tail, sizeof(tail), FAMILY_SEQ ":{%s}", redis_slot_tag(slot));

	redis_encode_bulk2(out, s->prefix, strlen(s->prefix), tail, (size_t)len);
}

void topology_fence_key(struct redis_buffer *out, const struct redis_settings *s, uint16_t slot, const char *uuid)
{
	char tail[REDIS_SLOT_TAG_SIZE + STREAM_UUID_TEXT_SIZE + 16];
	int len = snprintf(tail, sizeof(tail), FAMILY_FENCE "{%s}:%s", redis_slot_tag(slot), uuid);

	redis_encode_bulk2(out, s->prefix, strlen(s->prefix), tail, (size_t)len);
}

// The node with this address; added if it is new. NULL: too many.
static struct cluster_node *node_at(struct topology *t, const char *host, size_t host_len, unsigned port)
{
	struct endpoint e = {.kind = ENDPOINT_TCP, .port = (uint16_t)port};
	struct cluster_node *unused = NULL;

	if (host_len == 0 || host_len >= sizeof(e.host) || port == 0 || port > UINT16_MAX)
		return NULL;
	memcpy(e.host, host, host_len);
	snprintf(e.text, sizeof(e.text), strchr(e.host, ':') ? "[%.250s]:%u" : "%.250s:%u", e.host, port);
	for (size_t i = 0; i < t->nodes_len; i++) {
		struct cluster_node *node = &t->nodes[i];
		if (node->address.port == e.port && strcmp(node->address.host, e.host) == 0)
			return node;
		if (!node->listed && !node->conn.link)
			unused = node;
	}
	if (t->nodes_len < CLUSTER_NODES_MAX)
		unused = &t->nodes[t->nodes_len++];
	if (unused)
		unused->address = e;
	return unused;
}

void topology_failed(struct topology *t, struct cluster_node *node)
{
	redis_conn_close(&node->conn);
	t->fresh = false;
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++)
		if (t->owner[slot] == (uint8_t)(node - t->nodes))
			t->known[slot] = false;
}

redisReply *topology_ask(struct topology *t, struct cluster_node *node, const struct redis_buffer *b)
{
	redisReply *reply = redis_conn_ask(&node->conn, b);

	if (!reply) {
		topology_fail(t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
		topology_failed(t, node);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		enum redis_trouble trouble = redis_trouble_of(reply->str, reply->len);
		topology_fail(t, trouble, "%s: %s: %.200s", node->address.text, redis_trouble_sentence[trouble],
			reply->str);
		freeReplyObject(reply);
		reply = NULL;
	}
	return reply;
}

// Kills older connections of our name on the node, and with them commands that Redis has not read yet. False if it is not known
// whether that worked.
static bool kill_older(struct topology *t, struct cluster_node *node, const char *name)
{
	struct redis_buffer b = {0};
	char wanted[80];

	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "CLIENT");
	redis_encode_literal(&b, "LIST");
	redisReply *list = topology_ask(t, node, &b);
	bool done = list != NULL;
	snprintf(wanted, sizeof(wanted), " name=%s ", name);
	for (char *line = list && list->type == REDIS_REPLY_STRING ? list->str : NULL; line && *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end = '\0';
		if (strstr(line, wanted) && strncmp(line, "id=", 3) == 0) {
			redis_buffer_clear(&b);
			redis_encode_array(&b, 4);
			redis_encode_literal(&b, "CLIENT");
			redis_encode_literal(&b, "KILL");
			redis_encode_literal(&b, "ID");
			redis_encode_bulk(&b, line + 3, strcspn(line + 3, " "));
			redisReply *killed = topology_ask(t, node, &b);
			if (killed)
				freeReplyObject(killed);
			else if (!node->conn.link || t->trouble == REDIS_TROUBLE_NOPERM)
				done = false; // on any other error the connection has ended by itself
		}
		line = done && end ? end + 1 : NULL;
	}
	if (list)
		freeReplyObject(list);
	redis_buffer_free(&b);
	return done;
}

// Sets the name. A connection without it is not used, because a later one could not kill it.
static int take_name(struct topology *t, struct cluster_node *node)
{
	struct redis_buffer b = {0};
	char name[64];

	snprintf(name, sizeof(name), "lookback-%s", t->uuid);
	redis_encode_array(&b, 3);
	redis_encode_literal(&b, "CLIENT");
	redis_encode_literal(&b, "SETNAME");
	redis_encode_text(&b, name);
	redisReply *reply = kill_older(t, node, name) ? topology_ask(t, node, &b) : NULL;
	redis_buffer_free(&b);
	if (!reply) {
		topology_failed(t, node);
		return -1;
	}
	freeReplyObject(reply);
	return 0;
}

int topology_connect(struct topology *t, struct cluster_node *node, const struct redis_settings *s)
{
	struct redis_settings here = *s;

	if (node->conn.link)
		return 0;
	here.address = node->address;
	here.others.len = 0;
	here.sentinel[0] = '\0';
	if (redis_conn_open(&node->conn, &here) != 0 || (!t->reader && redis_info_settle(&node->conn) != 0)) {
		topology_fail(t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
		topology_failed(t, node);
		return -1;
	}
	return t->reader ? 0 : take_name(t, node);
}

// Takes over the owners of all slots. False if there are too many nodes.
static bool take_map(struct topology *t, const struct redis_slot_map *map)
{
	uint8_t index[REDIS_NODES_MAX];

	for (size_t i = 0; i < t->nodes_len; i++)
		t->nodes[i].listed = false;
	for (size_t i = 0; i < map->len; i++) {
		const struct endpoint *e = &map->node[i].address;
		struct cluster_node *node = node_at(t, e->host, strlen(e->host), e->port);
		if (!node)
			return false;
		node->listed = true;
		index[i] = (uint8_t)(node - t->nodes);
	}
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
		if (map->owner[slot] == REDIS_NO_NODE)
			continue;
		if (t->owner[slot] != index[map->owner[slot]])
			t->known[slot] = false;
		t->owner[slot] = index[map->owner[slot]];
	}
	return true;
}

static int read_slots(struct topology *t, struct cluster_node *node)
{
	struct redis_slot_map *map = malloc(sizeof(*map));
	struct redis_buffer b = {0};

	if (!map)
		return topology_fail(t, REDIS_TROUBLE_MEMORY, "no memory for the slots of a cluster");
	redis_slot_map_ask(&b);
	redisReply *reply = topology_ask(t, node, &b);
	redis_buffer_free(&b);
	int result = reply ? 0 : -1;
	if (reply && (!redis_slot_map_read(map, reply, node->address.host) || !take_map(t, map)))
		result = topology_fail(t, REDIS_TROUBLE_PROTOCOL, "%s: an unexpected answer to CLUSTER SLOTS",
			node->address.text);
	if (reply)
		freeReplyObject(reply);
	const uint8_t *gap = result == 0 ? memchr(map->owner, REDIS_NO_NODE, sizeof(map->owner)) : NULL;
	if (gap)
		result = topology_fail(t, REDIS_TROUBLE_CLUSTER, "the cluster does not cover slot %u",
			(unsigned)(gap - map->owner));
	free(map);
	t->fresh |= result == 0;
	return result;
}

// Asks known and configured nodes until one replies: connected ones first, the others in turn, because a node that is cut off from
// the cluster reports an old topology.
static int refresh(struct topology *t, const struct redis_settings *s)
{
	if (t->nodes_len == 0)
		memset(t->owner, CLUSTER_NO_NODE, sizeof(t->owner));
	for (size_t i = 0; i <= s->others.len; i++) {
		const struct endpoint *e = i == 0 ? &s->address : &s->others.at[i - 1];
		if (e->kind == ENDPOINT_TCP)
			node_at(t, e->host, strlen(e->host), e->port);
	}
	size_t len = t->nodes_len; // a reply may add nodes
	for (size_t i = 0; i < len; i++)
		if (t->nodes[i].conn.link && read_slots(t, &t->nodes[i]) == 0)
			return 0;
	for (size_t i = 0; i < len; i++) {
		struct cluster_node *node = &t->nodes[t->turn++ % len];
		if (!node->conn.link && topology_connect(t, node, s) == 0 && read_slots(t, node) == 0)
			return 0;
	}
	return -1;
}

struct cluster_node *topology_asked(struct topology *t, const char *error)
{
	const char *host = strncmp(error, "ASK ", 4) == 0 ? strchr(error + 4, ' ') : NULL;
	const char *colon = host ? strrchr(host, ':') : NULL;

	if (!colon)
		return NULL;
	return node_at(t, host + 1, (size_t)(colon - host - 1), (unsigned)strtoul(colon + 1, NULL, 10));
}

bool topology_is_down(const char *error)
{
	return strncmp(error, "CLUSTERDOWN", strlen("CLUSTERDOWN")) == 0;
}

int topology_ready(struct topology *t, const struct redis_settings *s)
{
	if (!t->fresh && refresh(t, s) != 0)
		return -1;
	for (size_t i = 0; i < t->nodes_len; i++) {
		struct cluster_node *node = &t->nodes[i];
		if (node->listed && (topology_connect(t, node, s) != 0 || topology_read_numbers(t, node, s) != 0))
			return -1;
	}
	return 0;
}
