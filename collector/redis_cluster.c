// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis_cluster.h"

#include "collector/metrics.h"
#include "collector/redis_group.h"
#include "dataplane/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct redis_cluster {
	struct spool *spool;	       // borrowed
	const struct zone_list *zones; // borrowed
	struct redis_topology t;
	struct redis_group g;
	const struct redis_settings *s; // of the step under way
	bool busy;	  // a group is under way
	uint64_t applied; // everything up to it is in Redis
	struct redis_feed feed;
	struct redis_announced announced;
	struct redis_results results;
	bool moved;	     // some unit of this pass has to go elsewhere, or wait
	uint16_t *order;     // units in the order of their replies, node by node
	size_t order_nodes;  // how many nodes that are
	size_t order_len[CLUSTER_NODES_MAX + 1];
};

struct redis_cluster *redis_cluster_new(struct spool *spool, const struct zone_list *zones)
{
	struct redis_cluster *cl = calloc(1, sizeof(*cl));

	if (!cl)
		return NULL;
	cl->spool = spool;
	cl->zones = zones;
	cl->results.capacity = (size_t)GROUP_BATCHES_MAX * BATCH_RESULTS_MAX;
	cl->results.at = calloc(cl->results.capacity, sizeof(*cl->results.at));
	cl->order = calloc(REDIS_SLOTS, sizeof(*cl->order));
	if (!cl->results.at || !cl->order) {
		redis_cluster_free(cl);
		return NULL;
	}
	return cl;
}

void redis_cluster_free(struct redis_cluster *cl)
{
	if (!cl)
		return;
	redis_topology_close(&cl->t);
	redis_group_free(&cl->g);
	redis_buffer_free(&cl->feed.commands);
	free(cl->results.at);
	free(cl->order);
	free(cl);
}

enum redis_trouble redis_cluster_why(const struct redis_cluster *cl, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s", cl->t.why);
	return cl->t.trouble;
}

bool redis_cluster_is_busy(const struct redis_cluster *cl)
{
	return cl->busy || cl->feed.commands.arrays > 0;
}

// sending ──────────────────────────────────────────────────────────────────────────────────────

// The transaction of a unit: what its slot does not hold yet. False where it holds all.
static bool write_unit(struct redis_cluster *cl, struct group_unit *unit, struct redis_buffer *out,
	const struct redis_settings *s, bool asking)
{
	uint64_t applied = cl->t.applied[unit->slot];

	unit->sent = 0;
	unit->ask = 0;
	for (uint32_t i = unit->head; i != GROUP_NONE; i = cl->g.commands[i].next)
		unit->sent += redis_group_number(&cl->g, &cl->g.commands[i]) > applied;
	if (unit->sent == 0)
		return false;
	if (asking) {
		redis_encode_array(out, 1);
		redis_encode_literal(out, "ASKING");
	}
	redis_encode_array(out, 1);
	redis_encode_literal(out, "MULTI");
	redis_encode_array(out, 4);
	redis_encode_literal(out, "HSET");
	redis_topology_seq_key(out, s, unit->slot);
	redis_encode_text(out, cl->t.uuid);
	redis_encode_uint(out, cl->g.last);
	for (uint32_t i = unit->head; i != GROUP_NONE; i = cl->g.commands[i].next) {
		const struct group_command *c = &cl->g.commands[i];
		if (redis_group_number(&cl->g, c) <= applied)
			continue;
		char *room = redis_buffer_room(out, c->size);
		if (!room)
			return true; // `bad` is looked at before sending
		memcpy(room, redis_group_bytes(&cl->g, c), c->size);
		out->size += c->size;
		out->arrays++;
	}
	redis_encode_array(out, 1);
	redis_encode_literal(out, "EXEC");
	return true;
}

// Encodes what each node is to get, and notes the order of the replies.
static size_t write_units(struct redis_cluster *cl, const struct redis_settings *s)
{
	size_t len = 0;

	for (size_t n = 0; n < cl->t.nodes_len; n++) {
		redis_buffer_clear(&cl->t.nodes[n].out);
		cl->order_len[n] = len;
		for (size_t i = 0; i < cl->g.units_len; i++) {
			struct group_unit *unit = &cl->g.units[i];
			if (unit->done || cl->t.owner[unit->slot] != n)
				continue;
			if (write_unit(cl, unit, &cl->t.nodes[n].out, s, false))
				cl->order[len++] = (uint16_t)i;
			else
				unit->done = true;
		}
	}
	cl->order_nodes = cl->t.nodes_len;
	cl->order_len[cl->order_nodes] = len;
	return len;
}

static void send_units(struct redis_cluster *cl)
{
	for (size_t n = 0; n < cl->t.nodes_len; n++) {
		struct cluster_node *node = &cl->t.nodes[n];
		if (node->out.arrays == 0)
			continue;
		metrics_add(commands_sent, node->out.arrays);
		metrics_add(bytes_sent, node->out.size);
		if (node->out.bad)
			redis_conn_fail(&node->conn, REDIS_TROUBLE_MEMORY, "no memory to encode commands");
		if (!node->conn.context || redis_conn_write(&node->conn, node->out.bytes, node->out.size) != 0) {
			redis_topology_fail(&cl->t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
			redis_topology_failed(&cl->t, node);
		}
	}
}

// replies ──────────────────────────────────────────────────────────────────────────────────────

static void note_command(struct redis_cluster *cl, const struct group_command *c, const struct redis_result *result)
{
	char key[512];

	if (c->index == GROUP_NONE) {
		if (result->type == REDIS_REPLY_ERROR)
			redis_batch_log_key("sensor, sensors or new", redis_trouble_sentence[result->trouble]);
		return;
	}
	schema_reply(&cl->g.batches[c->batch].records, c->index, result);
	if (result->type != REDIS_REPLY_ERROR)
		return;
	schema_key(&cl->g.batches[c->batch].records, c->index, cl->s, key, sizeof(key));
	redis_batch_log_key(key, redis_trouble_sentence[result->trouble]);
}

// The unit was applied: its results go to the records.
static void note_unit(struct redis_cluster *cl, struct group_unit *unit)
{
	uint64_t before = cl->t.applied[unit->slot];
	size_t at = 1; // behind HSET

	for (uint32_t i = unit->head; i != GROUP_NONE; i = cl->g.commands[i].next) {
		const struct group_command *c = &cl->g.commands[i];
		if (redis_group_number(&cl->g, c) > before && at < cl->results.len)
			note_command(cl, c, &cl->results.at[at++]);
	}
	cl->t.applied[unit->slot] = cl->g.last;
	cl->t.known[unit->slot] = true;
	unit->done = true;
}

// Reads the replies of one transaction. Returns 0 where the connection still stands.
static int read_unit(struct redis_cluster *cl, struct cluster_node *node, struct group_unit *unit, bool asking)
{
	struct redis_results *r = &cl->results;

	r->errors = 0;
	r->error[0] = '\0';
	for (uint32_t i = 0; i < unit->sent + 3 + asking; i++) // ASKING MULTI HSET … EXEC
		if (redis_conn_read(&node->conn, r) != 0)
			return -1;
	if (r->top.type == REDIS_REPLY_ARRAY && r->len == unit->sent + 1) {
		note_unit(cl, unit);
		return 0;
	}
	if (r->errors > 0)
		redis_topology_fail(&cl->t, r->trouble, "%s: %s: %.200s", node->address.text,
			redis_trouble_sentence[r->trouble], r->error);
	else
		redis_topology_fail(&cl->t, REDIS_TROUBLE_PROTOCOL, "%s: an unexpected answer to EXEC", node->address.text);
	stats_add(&redis_trouble_count[cl->t.trouble], 1);
	cl->moved = true;
	return 0;
}

// The slot is on its way to another node, which has the keys already: "ASK 1234 host:port".
static void note_ask(struct redis_cluster *cl, struct group_unit *unit)
{
	const char *host = strchr(cl->results.error + 4, ' ');
	const char *colon = host ? strrchr(host, ':') : NULL;

	if (!colon)
		return;
	struct cluster_node *node = redis_topology_node(
		&cl->t, host + 1, (size_t)(colon - host - 1), (unsigned)strtoul(colon + 1, NULL, 10));
	if (node)
		unit->ask = (uint8_t)(node - cl->t.nodes + 1);
}

// After all other replies were read: sends the unit where the ASK said.
static void follow_ask(struct redis_cluster *cl, struct group_unit *unit, const struct redis_settings *s)
{
	struct cluster_node *node = &cl->t.nodes[unit->ask - 1];

	if (redis_topology_connect(&cl->t, node, s) != 0)
		return;
	struct redis_buffer out = {0};
	if (write_unit(cl, unit, &out, s, true) && !out.bad &&
		(redis_conn_write(&node->conn, out.bytes, out.size) != 0 || read_unit(cl, node, unit, true) != 0)) {
		redis_topology_failed(&cl->t, node);
		cl->t.known[unit->slot] = false;
	}
	redis_buffer_free(&out);
}

static void read_units(struct redis_cluster *cl, const struct redis_settings *s)
{
	for (size_t n = 0; n < cl->order_nodes; n++) {
		struct cluster_node *node = &cl->t.nodes[n];
		for (size_t i = cl->order_len[n]; i < cl->order_len[n + 1] && node->conn.context; i++) {
			struct group_unit *unit = &cl->g.units[cl->order[i]];
			if (read_unit(cl, node, unit, false) != 0) {
				redis_topology_fail(&cl->t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
				redis_topology_failed(&cl->t, node);
				break;
			}
			if (unit->done)
				continue;
			if (strncmp(cl->results.error, "MOVED ", 6) == 0)
				cl->t.fresh = false;
			else if (strncmp(cl->results.error, "ASK ", 4) == 0)
				note_ask(cl, unit);
		}
		if (!node->conn.context && cl->order_len[n + 1] > cl->order_len[n])
			cl->moved = true;
	}
	for (size_t i = 0; i < cl->g.units_len; i++)
		if (cl->g.units[i].ask != 0 && !cl->g.units[i].done)
			follow_ask(cl, &cl->g.units[i], s);
}

// groups ───────────────────────────────────────────────────────────────────────────────────────

static bool read_group(struct redis_cluster *cl, unsigned idle_ms)
{
	uint64_t from = cl->applied + 1;

	for (cl->g.len = 0; cl->g.len < GROUP_BATCHES_MAX; cl->g.len++) {
		struct spool_batch *in = &cl->g.batches[cl->g.len].in;
		if (!spool_read(cl->spool, from, in, cl->g.len == 0 ? idle_ms : 0))
			break;
		from = in->number + 1;
	}
	return cl->g.len > 0;
}

static void finish_group(struct redis_cluster *cl, const struct redis_settings *s)
{
	for (size_t i = 0; i < cl->g.len; i++) {
		struct redis_batch *b = &cl->g.batches[i];
		redis_batch_count(&b->records);
		schema_write_feed(&b->records, s, b->in.hello.sensor, &cl->feed.commands);
		redis_batch_announce(&cl->announced, &b->in.hello);
		metrics_add(batches_applied, 1);
	}
	cl->applied = cl->g.last;
	cl->busy = false;
	spool_acknowledge(cl->spool, cl->applied);
	metrics_set(last_applied_s, (uint64_t)time(NULL));
}

// The numbers were read: where to go on. False where they have to be read again.
static bool look_at_numbers(struct redis_cluster *cl)
{
	char uuid[STREAM_UUID_TEXT_SIZE];

	if (cl->t.lost_from > 0)
		cl->busy = false; // what was done of the group may be lost too
	if (cl->t.lost_from > 0 && cl->t.lost_from <= cl->applied) {
		uint64_t first = spool_first(cl->spool);
		struct spool_seek found = spool_seek(cl->spool, cl->t.lost_from - 1);
		metrics_add(batches_missing, found.missing);
		metrics_add(batches_again, found.again);
		log_warning("redis is older than it was, by a failover: batches from %lu on are sent again to the slots "
			    "that lack them",
			(unsigned long)cl->t.lost_from);
		if (found.missing > 0)
			log_error("redis has lost %lu batches in some slots, and the spool keeps them no more (spool.keep)",
				(unsigned long)found.missing);
		cl->applied = cl->t.lost_from > first ? cl->t.lost_from - 1 : first - 1;
	}
	cl->t.lost_from = 0;
	if (cl->t.highest <= cl->applied || cl->t.highest <= spool_last(cl->spool))
		return true;
	spool_seek(cl->spool, cl->t.highest); // an old copy: a new UUID
	spool_uuid(cl->spool, uuid);
	redis_topology_renew(&cl->t, uuid);
	cl->applied = spool_first(cl->spool) - 1;
	cl->busy = false;
	return false;
}

static bool ready(struct redis_cluster *cl, const struct redis_settings *s)
{
	char uuid[STREAM_UUID_TEXT_SIZE];

	spool_uuid(cl->spool, uuid);
	if (strcmp(uuid, cl->t.uuid) != 0) {
		redis_topology_renew(&cl->t, uuid);
		// which of the kept ones some slot lacks, only the slots' own numbers tell
		cl->applied = spool_first(cl->spool) - 1;
		cl->announced.len = cl->announced.next = 0;
	}
	do {
		if (redis_topology_ready(&cl->t, s) != 0)
			return false;
	} while (!look_at_numbers(cl));
	return true;
}

// XADDs that no batch takes along.
static void send_feed(struct redis_cluster *cl, const struct redis_settings *s)
{
	char key[sizeof(s->prefix) + 8];
	int len = snprintf(key, sizeof(key), "%snew", s->prefix);
	struct cluster_node *node = &cl->t.nodes[cl->t.owner[redis_slot(key, (size_t)len)]];
	uint32_t errors = 0;

	for (uint32_t i = 0, n = cl->feed.commands.arrays; i < n; i++) {
		if (i == 0 && redis_conn_write(&node->conn, cl->feed.commands.bytes, cl->feed.commands.size) != 0)
			break;
		cl->results.errors = 0;
		if (redis_conn_read(&node->conn, &cl->results) != 0)
			break;
		errors += cl->results.errors > 0;
	}
	if (!node->conn.context)
		redis_topology_failed(&cl->t, node);
	if (errors > 0)
		redis_batch_log_key("the stream of new records (new)", cl->results.error);
	redis_buffer_clear(&cl->feed.commands);
}

enum cluster_outcome redis_cluster_step(struct redis_cluster *cl, const struct redis_settings *s, unsigned idle_ms)
{
	cl->s = s;
	if (!ready(cl, s))
		return cl->t.trouble == REDIS_TROUBLE_CLUSTER ? CLUSTER_AGAIN : CLUSTER_TROUBLE;
	if (!cl->busy) {
		if (!read_group(cl, cl->feed.commands.arrays > 0 ? 0 : idle_ms)) {
			if (cl->feed.commands.arrays > 0)
				send_feed(cl, s);
			return CLUSTER_IDLE;
		}
		if (!redis_group_make(&cl->g, &cl->feed.commands, &cl->announced, s, cl->zones)) {
			redis_topology_fail(&cl->t, REDIS_TROUBLE_MEMORY, "no memory for the text of a batch");
			return CLUSTER_TROUBLE;
		}
		cl->busy = true;
	}
	cl->moved = false;
	if (write_units(cl, s) > 0) {
		send_units(cl);
		read_units(cl, s);
	}
	if (!cl->moved) {
		finish_group(cl, s);
		return CLUSTER_DONE;
	}
	metrics_add(batches_retried, cl->g.len);
	return cl->t.trouble == REDIS_TROUBLE_CLUSTER ? CLUSTER_AGAIN : CLUSTER_TROUBLE;
}

void redis_cluster_forget(struct redis_cluster *cl, const struct redis_settings *s)
{
	struct redis_results results = {.capacity = 0};

	for (size_t n = 0; n < cl->t.nodes_len; n++) {
		struct cluster_node *node = &cl->t.nodes[n];
		redis_buffer_clear(&node->out);
		for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
			if (cl->t.owner[slot] != n || cl->t.applied[slot] == 0)
				continue;
			redis_encode_array(&node->out, 3);
			redis_encode_literal(&node->out, "HDEL");
			redis_topology_seq_key(&node->out, s, (uint16_t)slot);
			redis_encode_text(&node->out, cl->t.uuid);
		}
		if (node->out.arrays == 0 || !node->conn.context ||
			redis_conn_write(&node->conn, node->out.bytes, node->out.size) != 0)
			continue;
		for (uint32_t i = 0; i < node->out.arrays; i++)
			if (redis_conn_read(&node->conn, &results) != 0)
				break;
	}
}
