// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/cluster.h"

#include "collector/reader/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { NO_NODE = 255 };

static void close_node(struct reader_node *n)
{
	if (n->context)
		redisFree(n->context);
	if (n->aside)
		redisFree(n->aside);
	n->context = n->aside = NULL;
	redis_buffer_free(&n->out);
}

void reader_cluster_close(struct reader *db)
{
	struct reader_cluster *cl = db->cluster;

	for (size_t i = 0; cl && i < cl->len; i++)
		close_node(&cl->node[i]);
	if (cl) {
		cl->sent_len = cl->next = 0;
		cl->stale = true;
	}
}

void reader_cluster_free(struct reader *db)
{
	if (!db->cluster)
		return;
	reader_cluster_close(db);
	free(db->cluster->sent);
	free(db->cluster);
	db->cluster = NULL;
}

size_t reader_cluster_node(const struct reader_cluster *cl, const char *key, size_t len)
{
	return cl->owner[redis_slot(key, len)];
}

// --- topology

// One range of CLUSTER SLOTS: from, to, [host, port, id], replicas.
static bool is_range(const redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements >= 3 && r->element[0]->type == REDIS_REPLY_INTEGER &&
	       r->element[1]->type == REDIS_REPLY_INTEGER && r->element[0]->integer >= 0 &&
	       r->element[1]->integer < REDIS_SLOTS && r->element[2]->type == REDIS_REPLY_ARRAY &&
	       r->element[2]->elements >= 3 && r->element[2]->element[1]->type == REDIS_REPLY_INTEGER &&
	       r->element[2]->element[2]->type == REDIS_REPLY_STRING;
}

static struct reader_node *find_id(struct reader_cluster *cl, const char *id)
{
	for (size_t i = 0; i < cl->len; i++)
		if (strcmp(cl->node[i].id, id) == 0)
			return &cl->node[i];
	return NULL;
}

// Adds the primary of a range unless it is there. A server that does not know its own address
// leaves it out: it is the one that was asked.
static bool add_node(struct reader_cluster *cl, const redisReply *range, const char *asked_host)
{
	const redisReply *host = range->element[2]->element[0], *id = range->element[2]->element[2];
	unsigned port = (unsigned)range->element[2]->element[1]->integer;
	bool named = host->type == REDIS_REPLY_STRING && host->len > 0 && strcmp(host->str, "?") != 0;
	struct endpoint e = {.kind = ENDPOINT_TCP, .port = (uint16_t)port};

	if (find_id(cl, id->str))
		return true;
	if (cl->len == READER_NODES_MAX || id->len >= READER_NODE_ID_SIZE)
		return false;
	snprintf(e.host, sizeof(e.host), "%s", named ? host->str : asked_host);
	snprintf(e.text, sizeof(e.text), strchr(e.host, ':') ? "[%.250s]:%u" : "%.250s:%u", e.host, port);
	struct reader_node *n = &cl->node[cl->len++];
	*n = (struct reader_node){.address = e};
	strcpy(n->id, id->str);
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct reader_node *)a)->id, ((const struct reader_node *)b)->id);
}

// Makes `fresh` of the answer. False where it is none, or does not cover all slots.
static bool take_slots(struct reader_cluster *fresh, const redisReply *reply, const char *asked_host)
{
	memset(fresh->owner, NO_NODE, sizeof(fresh->owner));
	for (size_t i = 0; i < reply->elements; i++)
		if (!is_range(reply->element[i]) || !add_node(fresh, reply->element[i], asked_host))
			return false;
	qsort(fresh->node, fresh->len, sizeof(*fresh->node), compare_ids);
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *r = reply->element[i];
		struct reader_node *n = find_id(fresh, r->element[2]->element[2]->str);
		for (long long slot = r->element[0]->integer; slot <= r->element[1]->integer; slot++)
			fresh->owner[slot] = (uint8_t)(n - fresh->node);
	}
	return fresh->len > 0 && !memchr(fresh->owner, NO_NODE, sizeof(fresh->owner));
}

// `fresh` takes the place of the old owners; connections to nodes that stay are kept.
static void install(struct reader *db, struct reader_cluster *fresh)
{
	struct reader_cluster *old = db->cluster;

	fresh->version = 1;
	if (old) {
		bool same = old->len == fresh->len && memcmp(old->owner, fresh->owner, sizeof(old->owner)) == 0;
		for (size_t i = 0; i < fresh->len; i++) {
			struct reader_node *n = &fresh->node[i], *was = find_id(old, n->id);
			same = same && was;
			if (!was || was->address.port != n->address.port ||
				strcmp(was->address.host, n->address.host) != 0)
				continue;
			n->context = was->context;
			n->aside = was->aside;
			was->context = was->aside = NULL;
		}
		fresh->version = old->version + !same;
		reader_cluster_free(db);
	}
	db->cluster = fresh;
}

static redisReply *ask_slots(struct reader *db, redisContext *c)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "CLUSTER");
	redis_encode_literal(&b, "SLOTS");
	redisReply *reply = reader_connect_ask(c, &db->settings, &b, db->why, sizeof(db->why));
	redis_buffer_free(&b);
	return reply;
}

static int take_reply(struct reader *db, const redisReply *reply, const char *asked_host)
{
	struct reader_cluster *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return reader_fail(db, "out of memory");
	if (!take_slots(fresh, reply, asked_host)) {
		free(fresh);
		return reader_fail(db, "Redis Cluster: its nodes do not hold all slots between them");
	}
	install(db, fresh);
	return 0;
}

int reader_cluster_find(struct reader *db)
{
	redisReply *reply = ask_slots(db, db->context);

	if (!reply)
		return reader_fail(db, "%s", db->why);
	int result = 0;
	if (reply->type == REDIS_REPLY_ARRAY && (reply->elements > 0 || db->cluster)) {
		const char *host = db->context->connection_type == REDIS_CONN_TCP && db->context->tcp.host
					   ? db->context->tcp.host
					   : "127.0.0.1";
		result = take_reply(db, reply, host);
		if (db->context)
			redisFree(db->context);
		db->context = NULL;
	}
	freeReplyObject(reply);
	return result;
}

// Asks the nodes that are known; where none of them answers, the addresses of the settings.
int reader_cluster_refresh(struct reader *db)
{
	struct reader_cluster *cl = db->cluster;

	for (size_t i = 0; i < cl->len; i++) {
		struct reader_node *n = &cl->node[i];
		redisContext *c = reader_connect(&db->settings, &n->address, db->why, sizeof(db->why));
		redisReply *reply = c ? ask_slots(db, c) : NULL;
		if (c)
			redisFree(c);
		bool good = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;
		int result = good ? take_reply(db, reply, n->address.host) : -1;
		if (reply)
			freeReplyObject(reply);
		if (good)
			return result;
	}
	db->context = reader_connect(&db->settings, NULL, db->why, sizeof(db->why));
	return db->context ? reader_cluster_find(db) : reader_fail(db, "%s", db->why);
}

// --- commands

// The decimal number behind a mark; moves `*p` behind its line end.
static size_t read_number(const char **p)
{
	size_t n = 0;

	for ((*p)++; **p != '\r'; (*p)++)
		n = n * 10 + (size_t)(**p - '0');
	*p += 2;
	return n;
}

// One command at `p`, as redis/encode.h wrote it. Returns its end; `*key` NULL where it has none.
static const char *read_command(const char *p, const char **key, size_t *key_len)
{
	static const char *const keyless[] = {"SCAN", "INFO", "DBSIZE", "PING", "CLUSTER"};
	size_t arguments = read_number(&p), key_at = 1;

	*key = NULL;
	for (size_t i = 0; i < arguments; i++) {
		size_t len = read_number(&p);
		if (i == 0 && len == 5 && memcmp(p, "XREAD", 5) == 0)
			key_at = SIZE_MAX; // behind STREAMS
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

// Cuts db->out into commands, each for its node.
static int cut(struct reader *db)
{
	struct reader_cluster *cl = db->cluster;
	const char *p = db->out.bytes, *key;
	size_t key_len = 0;

	cl->next = cl->sent_len = 0;
	if (cl->sent_capacity < db->out.arrays) {
		struct reader_sent *grown = realloc(cl->sent, db->out.arrays * sizeof(*grown));
		if (!grown)
			return reader_fail(db, "out of memory");
		cl->sent = grown;
		cl->sent_capacity = db->out.arrays;
	}
	for (size_t i = 0; i < cl->len; i++)
		redis_buffer_clear(&cl->node[i].out);
	while (cl->sent_len < db->out.arrays) {
		const char *end = read_command(p, &key, &key_len);
		size_t node = key ? reader_cluster_node(cl, key, key_len) : db->node;
		if (node >= cl->len)
			return reader_fail(db, "the nodes of the cluster have changed meanwhile");
		struct redis_buffer *out = &cl->node[node].out;
		char *to = redis_buffer_room(out, (size_t)(end - p));
		if (!to)
			return reader_fail(db, "out of memory");
		memcpy(to, p, (size_t)(end - p));
		out->size += (size_t)(end - p);
		cl->sent[cl->sent_len++] = (struct reader_sent){.at = (size_t)(p - db->out.bytes),
			.size = (size_t)(end - p),
			.node = (uint8_t)node};
		p = end;
	}
	return 0;
}

// True where the server has closed the connection while it was idle.
static bool is_dead(const redisContext *c)
{
	char octet;

	return recv(c->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int send_to(struct reader *db, struct reader_node *n)
{
	if (n->context && is_dead(n->context)) {
		redisFree(n->context);
		n->context = NULL;
	}
	if (!n->context)
		n->context = reader_connect(&db->settings, &n->address, db->why, sizeof(db->why));
	if (!n->context)
		return reader_fail(db, "%s", db->why);
	if (redisAppendFormattedCommand(n->context, n->out.bytes, n->out.size) == REDIS_OK &&
		reader_connect_write(n->context, &db->settings))
		return 0;
	char why[300];
	reader_connect_why(n->context, &db->settings, why, sizeof(why));
	return reader_fail(db, "%s: %s", n->address.text, why);
}

int reader_cluster_send(struct reader *db)
{
	if (db->cluster->stale && reader_cluster_refresh(db) != 0)
		return -1;
	if (cut(db) != 0)
		return -1;
	for (size_t i = 0; i < db->cluster->len; i++)
		if (db->cluster->node[i].out.size > 0 && send_to(db, &db->cluster->node[i]) != 0)
			return -1;
	return 0;
}
