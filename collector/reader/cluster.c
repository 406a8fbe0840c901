// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/cluster.h"

#include "collector/reader/connect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct reader_cluster *reader_cluster_new(const struct redis_settings *settings)
{
	struct reader_cluster *cl = calloc(1, sizeof(*cl));

	if (cl)
		cl->settings = settings;
	return cl;
}

int reader_cluster_fail(struct reader_cluster *cl, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(cl->why, sizeof(cl->why), format, args);
	va_end(args);
	return -1;
}

static void close_node(struct reader_node *n)
{
	redis_link_free(n->link);
	redis_link_free(n->aside);
	redis_buffer_free(&n->out);
	*n = (struct reader_node){.link = NULL};
}

void reader_cluster_close(struct reader_cluster *cl)
{
	for (size_t i = 0; i < cl->map.len; i++)
		close_node(&cl->node[i]);
	cl->sent_len = cl->next = 0;
	cl->stale = true;
}

void reader_cluster_free(struct reader_cluster *cl)
{
	if (!cl)
		return;
	reader_cluster_close(cl);
	free(cl->sent);
	free(cl);
}

// --- the map

// The new map replaces the old one; connections to nodes that stay are kept.
static void install(struct reader_cluster *cl, const struct redis_slot_map *fresh)
{
	struct reader_node kept[REDIS_NODES_MAX] = {{.link = NULL}};
	bool same = cl->map.len == fresh->len && memcmp(cl->map.owner, fresh->owner, sizeof(fresh->owner)) == 0;

	for (size_t i = 0; i < fresh->len; i++) {
		const struct redis_slot_node *now = &fresh->node[i], *was = redis_slot_map_find(&cl->map, now->id);
		same = same && was;
		if (!was || was->address.port != now->address.port || strcmp(was->address.host, now->address.host) != 0)
			continue;
		struct reader_node *n = &cl->node[was - cl->map.node];
		kept[i] = (struct reader_node){.link = n->link, .aside = n->aside};
		n->link = n->aside = NULL;
	}
	reader_cluster_close(cl);
	memcpy(cl->node, kept, sizeof(kept));
	cl->map = *fresh;
	cl->version += !same;
	cl->stale = false;
}

static redisReply *ask_slots(struct reader_cluster *cl, struct redis_link *c)
{
	struct redis_buffer b = {0};

	redis_slot_map_ask(&b);
	redisReply *reply = reader_connect_ask(c, cl->settings, &b, cl->why, sizeof(cl->why));
	redis_buffer_free(&b);
	return reply;
}

static int take_reply(struct reader_cluster *cl, const redisReply *reply, const char *asked_host)
{
	struct redis_slot_map *fresh = calloc(1, sizeof(*fresh));
	int result = 0;

	if (!fresh)
		return reader_cluster_fail(cl, "out of memory");
	if (redis_slot_map_read(fresh, reply, asked_host) && !memchr(fresh->owner, REDIS_NO_NODE, sizeof(fresh->owner)))
		install(cl, fresh);
	else
		result = reader_cluster_fail(cl,
			"Redis Cluster: found slots without a primary, expected one for each slot");
	free(fresh);
	return result;
}

int reader_cluster_read(struct reader_cluster *cl, struct redis_link *l)
{
	redisReply *reply = ask_slots(cl, l);
	int result = 0;

	if (!reply)
		return -1;
	if (reply->type == REDIS_REPLY_ARRAY && (reply->elements > 0 || cl->version > 0)) {
		bool tcp = l->at.kind == ENDPOINT_TCP;
		result = take_reply(cl, reply, tcp ? l->at.host : "127.0.0.1") == 0 ? 1 : -1;
	}
	freeReplyObject(reply);
	return result;
}

// Asks the nodes that are known; if none of them answers, the addresses of the settings.
int reader_cluster_refresh(struct reader_cluster *cl)
{
	for (size_t i = 0; i < cl->map.len; i++) {
		const struct endpoint address = cl->map.node[i].address;
		struct redis_link *c = reader_connect(cl->settings, &address, cl->why, sizeof(cl->why));
		redisReply *reply = c ? ask_slots(cl, c) : NULL;
		redis_link_free(c);
		bool good = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;
		int result = good ? take_reply(cl, reply, address.host) : -1;
		if (reply)
			freeReplyObject(reply);
		if (good)
			return result;
	}
	struct redis_link *c = reader_connect(cl->settings, NULL, cl->why, sizeof(cl->why));
	int found = c ? reader_cluster_read(cl, c) : -1;
	redis_link_free(c);
	return found == 0  ? reader_cluster_fail(cl, "Redis: found a single server, expected a cluster")
	       : found < 0 ? -1
			   : 0;
}

// --- commands

// The decimal number after a mark; moves `*p` past its line end.
static size_t read_number(const char **p)
{
	size_t n = 0;

	for ((*p)++; **p != '\r'; (*p)++)
		n = n * 10 + (size_t)(**p - '0');
	*p += 2;
	return n;
}

// One command at `p`, as redis/encode.h wrote it. Returns its end; `*key` NULL if it has none.
static const char *read_command(const char *p, const char **key, size_t *key_len)
{
	static const char *const keyless[] = {"SCAN", "INFO", "DBSIZE", "PING", "CLUSTER"};
	size_t arguments = read_number(&p), key_at = 1;

	*key = NULL;
	for (size_t i = 0; i < arguments; i++) {
		size_t len = read_number(&p);
		if (i == 0 && len == 5 && memcmp(p, "XREAD", 5) == 0)
			key_at = SIZE_MAX; // after STREAMS
		for (size_t k = 0; i == 0 && k < sizeof(keyless) / sizeof(*keyless); k++)
			if (strlen(keyless[k]) == len && memcmp(p, keyless[k], len) == 0)
				key_at = 0;
		if (key_at == SIZE_MAX && len == 7 && memcmp(p, "STREAMS", 7) == 0)
			key_at = i + 1;
		if (i == key_at && i > 0) {
			*key = p;
			*key_len = len;
		}
		p += len + 2;
	}
	return p;
}

// Splits the commands, and gives each to its node.
static int cut(struct reader_cluster *cl, const struct redis_buffer *commands, size_t keyless)
{
	const char *p = commands->bytes, *key;
	size_t key_len = 0;

	cl->next = cl->sent_len = 0;
	if (cl->sent_capacity < commands->arrays) {
		struct reader_sent *grown = realloc(cl->sent, commands->arrays * sizeof(*grown));
		if (!grown)
			return reader_cluster_fail(cl, "out of memory");
		cl->sent = grown;
		cl->sent_capacity = commands->arrays;
	}
	for (size_t i = 0; i < cl->map.len; i++)
		redis_buffer_clear(&cl->node[i].out);
	while (cl->sent_len < commands->arrays) {
		const char *end = read_command(p, &key, &key_len);
		size_t node = key ? cl->map.owner[redis_slot(key, key_len)] : keyless;
		if (node >= cl->map.len)
			return reader_cluster_fail(cl, "the nodes of the cluster have changed meanwhile");
		struct redis_buffer *out = &cl->node[node].out;
		char *to = redis_buffer_room(out, (size_t)(end - p));
		if (!to)
			return reader_cluster_fail(cl, "out of memory");
		memcpy(to, p, (size_t)(end - p));
		out->size += (size_t)(end - p);
		cl->sent[cl->sent_len++] = (struct reader_sent){.at = (size_t)(p - commands->bytes),
			.size = (size_t)(end - p),
			.node = (uint8_t)node};
		p = end;
	}
	return 0;
}

static int send_to(struct reader_cluster *cl, size_t node)
{
	struct reader_node *n = &cl->node[node];
	char why[500];

	if (n->link && redis_link_is_closed(n->link)) {
		redis_link_free(n->link);
		n->link = NULL;
	}
	if (!n->link)
		n->link = reader_connect(cl->settings, &cl->map.node[node].address, cl->why, sizeof(cl->why));
	if (!n->link)
		return -1;
	if (reader_connect_write(n->link, cl->settings, n->out.bytes, n->out.size))
		return 0;
	reader_connect_why(n->link, cl->settings, why, sizeof(why));
	return reader_cluster_fail(cl, "%s: %s", cl->map.node[node].address.text, why);
}

int reader_cluster_send(struct reader_cluster *cl, const struct redis_buffer *commands, size_t keyless)
{
	if (cl->stale && reader_cluster_refresh(cl) != 0)
		return -1;
	if (cut(cl, commands, keyless) != 0)
		return -1;
	for (size_t i = 0; i < cl->map.len; i++)
		if (cl->node[i].out.size > 0 && send_to(cl, i) != 0)
			return -1;
	return 0;
}
