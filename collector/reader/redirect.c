// SPDX-License-Identifier: BSD-3-Clause
// Replies of a Redis Cluster: if a reply says that the key has moved, or is being moved, the command is
// sent again to the node that it names.
#include "collector/reader/cluster.h"

#include "collector/reader/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REDIRECTS_MAX = 20, REDIRECT_PAUSE_US = 50000 };

// "MOVED 3999 127.0.0.1:6381", "ASK …": the number of the node at the address; REDIS_NO_NODE if it is not known.
static size_t redirected_to(const struct reader_cluster *cl, const char *error)
{
	const char *address = strrchr(error, ' '), *colon = strrchr(error, ':');

	if (!address || !colon || colon < address)
		return REDIS_NO_NODE;
	size_t host_len = (size_t)(colon - address) - 1;
	unsigned port = (unsigned)strtoul(colon + 1, NULL, 10);
	for (size_t i = 0; i < cl->map.len; i++) {
		const struct endpoint *e = &cl->map.node[i].address;
		if (e->port == port &&
			(host_len == 0 || (strlen(e->host) == host_len && memcmp(e->host, address + 1, host_len) == 0)))
			return i;
	}
	return REDIS_NO_NODE;
}

// Sends the command on the second connection of a node, because replies are still due on the first.
static redisReply *ask_aside(struct reader_cluster *cl, size_t node, const struct redis_buffer *command, bool asking)
{
	struct reader_node *n = &cl->node[node];
	struct redis_buffer b = {0};
	redisReply *reply = NULL;

	if (!n->aside)
		n->aside = reader_connect(cl->settings, &cl->map.node[node].address, cl->why, sizeof(cl->why));
	if (!n->aside)
		return NULL;
	if (asking) {
		redis_encode_array(&b, 1);
		redis_encode_literal(&b, "ASKING");
		reply = reader_connect_ask(n->aside, cl->settings, &b, cl->why, sizeof(cl->why));
		redis_buffer_free(&b);
		if (!reply)
			return NULL;
		freeReplyObject(reply);
	}
	return reader_connect_ask(n->aside, cl->settings, command, cl->why, sizeof(cl->why));
}

// Follows MOVED and ASK, and waits a little if the slot is between two nodes.
static redisReply *redirect(struct reader_cluster *cl, const struct redis_buffer *command, size_t sent_to,
	redisReply *reply)
{
	for (int i = 0; reply && reply->type == REDIS_REPLY_ERROR && i < REDIRECTS_MAX; i++) {
		bool asking = strncmp(reply->str, "ASK ", 4) == 0, moved = strncmp(reply->str, "MOVED ", 6) == 0;
		bool again = strncmp(reply->str, "TRYAGAIN", 8) == 0 || strncmp(reply->str, "CLUSTERDOWN", 11) == 0;
		if (!asking && !moved && !again)
			break;
		cl->stale = cl->stale || moved || again;
		size_t node = again ? sent_to : redirected_to(cl, reply->str);
		if (node == REDIS_NO_NODE) // a new node: the map is read again before the next commands
			break;
		if (again || i > 2)
			usleep(REDIRECT_PAUSE_US);
		freeReplyObject(reply);
		reply = ask_aside(cl, node, command, asking);
	}
	return reply;
}

redisReply *reader_cluster_reply(struct reader_cluster *cl, const struct redis_buffer *commands)
{
	const struct reader_sent *sent = &cl->sent[cl->next++];
	const struct redis_buffer command = {.bytes = commands->bytes + sent->at, .size = sent->size}; // borrowed
	redisReply *reply = reader_connect_read(cl->node[sent->node].link, cl->settings);
	char why[500];

	if (reply)
		return redirect(cl, &command, sent->node, reply);
	reader_connect_why(cl->node[sent->node].link, cl->settings, why, sizeof(why));
	reader_cluster_fail(cl, "%s: %s", cl->map.node[sent->node].address.text, why);
	return NULL;
}
