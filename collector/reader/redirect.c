// SPDX-License-Identifier: BSD-3-Clause
// Replies of a Redis Cluster; where one says that the key has moved, or is being moved, the command is
// asked again where it is now.
#include "collector/reader/cluster.h"

#include "collector/reader/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REDIRECTS_MAX = 20, REDIRECT_PAUSE_US = 50000 };

// "MOVED 3999 127.0.0.1:6381", "ASK …": the node at the address, or NULL.
static struct reader_node *redirected_to(struct reader_cluster *cl, const char *error)
{
	const char *address = strrchr(error, ' '), *colon = strrchr(error, ':');

	if (!address || !colon || colon < address)
		return NULL;
	size_t host_len = (size_t)(colon - address) - 1;
	unsigned port = (unsigned)strtoul(colon + 1, NULL, 10);
	for (size_t i = 0; i < cl->len; i++) {
		const struct endpoint *e = &cl->node[i].address;
		if (e->port == port &&
			(host_len == 0 || (strlen(e->host) == host_len && memcmp(e->host, address + 1, host_len) == 0)))
			return &cl->node[i];
	}
	return NULL;
}

// Asks on the second connection of a node, the first has other replies to come.
static redisReply *ask_aside(struct reader *db, struct reader_node *n, const struct reader_sent *sent, bool asking)
{
	struct redis_buffer b = {0};
	redisReply *reply = NULL;

	if (!n->aside)
		n->aside = reader_connect(&db->settings, &n->address, db->why, sizeof(db->why));
	if (!n->aside)
		return NULL;
	if (asking) {
		redis_encode_array(&b, 1);
		redis_encode_literal(&b, "ASKING");
		reply = reader_connect_ask(n->aside, &db->settings, &b, db->why, sizeof(db->why));
		redis_buffer_free(&b);
		if (!reply)
			return NULL;
		freeReplyObject(reply);
	}
	b = (struct redis_buffer){.bytes = db->out.bytes + sent->at, .size = sent->size}; // borrowed
	return reader_connect_ask(n->aside, &db->settings, &b, db->why, sizeof(db->why));
}

// Follows MOVED and ASK, and waits a little where the slot is between two nodes.
static redisReply *redirect(struct reader *db, const struct reader_sent *sent, redisReply *reply)
{
	struct reader_cluster *cl = db->cluster;

	for (int i = 0; reply && reply->type == REDIS_REPLY_ERROR && i < REDIRECTS_MAX; i++) {
		bool asking = strncmp(reply->str, "ASK ", 4) == 0, moved = strncmp(reply->str, "MOVED ", 6) == 0;
		bool again = strncmp(reply->str, "TRYAGAIN", 8) == 0 || strncmp(reply->str, "CLUSTERDOWN", 11) == 0;
		if (!asking && !moved && !again)
			break;
		cl->stale = cl->stale || moved || again;
		struct reader_node *n = again ? &cl->node[sent->node] : redirected_to(cl, reply->str);
		if (!n) // a node that is new: the owners are read before the next commands
			break;
		if (again || i > 2)
			usleep(REDIRECT_PAUSE_US);
		freeReplyObject(reply);
		reply = ask_aside(db, n, sent, asking);
	}
	return reply;
}

redisReply *reader_cluster_reply(struct reader *db)
{
	struct reader_cluster *cl = db->cluster;
	const struct reader_sent *sent = &cl->sent[cl->next++];
	struct reader_node *n = &cl->node[sent->node];
	redisReply *reply = reader_connect_read(n->context, &db->settings);
	char why[300];

	if (!reply) {
		reader_connect_why(n->context, &db->settings, why, sizeof(why));
		reader_fail(db, "%s: %s", n->address.text, why);
		return NULL;
	}
	reply = redirect(db, sent, reply);
	if (!reply) {
		snprintf(why, sizeof(why), "%.290s", db->why);
		reader_fail(db, "%s", why);
	}
	return reply;
}
