// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/cluster.h"

#include "collector/base/metrics.h"
#include "collector/writer/apply.h"
#include "collector/schema/expiry.h"
#include "collector/writer/hold.h"
#include "collector/writer/retain.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct cluster {
	struct spool *spool; // borrowed
	struct units u;
	struct hold hold;
	struct redis_conn keeper; // connection to the node that has the keys of number/lease.h
	struct lease lease;
	bool busy;	  // a group is in progress
	bool followed;	  // the riders were sent, so held slots may be checked
	uint64_t applied; // all batches up to it are in Redis, except in held slots
	uint64_t counted; // highest batch in the metric of applied batches
	struct batch_announced announced;
};

struct cluster *cluster_new(struct spool *spool, const struct zone_list *zones)
{
	struct cluster *cl = calloc(1, sizeof(*cl));

	if (!cl)
		return NULL;
	cl->spool = spool;
	if (!units_init(&cl->u, zones)) {
		cluster_free(cl);
		return NULL;
	}
	return cl;
}

void cluster_free(struct cluster *cl)
{
	if (!cl)
		return;
	units_free(&cl->u);
	redis_conn_close(&cl->keeper);
	free(cl);
}

enum redis_trouble cluster_why(const struct cluster *cl, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s", cl->u.t.why);
	return cl->u.t.trouble;
}

struct topology *cluster_topology(struct cluster *cl)
{
	return &cl->u.t;
}

bool cluster_is_busy(const struct cluster *cl)
{
	return cl->busy || cl->u.follow.len > 0;
}

// where to continue ───────────────────────────────────────────────────────────────────────────────

// Logs that a failover lost batches that had been acknowledged.
static void tell_lost(struct cluster *cl, uint64_t from)
{
	struct spool_seek found = spool_seek(cl->spool, from - 1);

	metrics_add(batches_missing, found.missing);
	metrics_add(batches_again, found.again);
	log_warning(
		"redis has older data, after a failover or `lookback spool`: batches from %lu on are sent again to the slots that lack them",
		(unsigned long)from);
	if (found.missing > 0)
		log_error("redis lost %lu batches in some slots, and the spool no longer has them (spool.keep)",
			(unsigned long)found.missing);
}

// A failover lost what some slots had of batch `from` and later ones, perhaps also of the group in progress. It may have lost
// expiries of the previous group as well: with retention that group is read again, and asks for them.
static void go_back(struct cluster *cl, uint64_t from)
{
	uint64_t first = spool_first(cl->spool), before = cl->u.s->retention_days > 0 ? GROUP_BATCHES_MAX : 0;

	if (from <= cl->applied)
		tell_lost(cl, from);
	else
		from = cl->applied + 1;
	schema_expiry_reset();
	cl->busy = false;
	cl->applied = from > first + before ? from - before - 1 : first - 1;
}

// After the numbers were read: finds the next batch. False if they must be read again.
static bool look_at_numbers(struct cluster *cl)
{
	struct topology *t = &cl->u.t;
	char uuid[STREAM_UUID_TEXT_SIZE];

	if (t->lost_from > 0)
		go_back(cl, t->lost_from);
	t->lost_from = 0;
	if (t->highest <= cl->applied || t->highest <= spool_last(cl->spool))
		return true;
	spool_seek(cl->spool, t->highest); // Redis has more than the spool: this is an old copy, and gets a new UUID
	spool_uuid(cl->spool, uuid);
	topology_renew(t, uuid);
	cl->applied = spool_first(cl->spool) - 1;
	cl->busy = false;
	return false;
}

// Notes in Redis which slots have a number, or get their first one with this group. False on failure.
static bool note_numbered(struct cluster *cl)
{
	struct topology *t = &cl->u.t;

	for (size_t i = 0; i < cl->u.g.units_len && cl->busy; i++)
		if (cl->u.g.units[i].state != UNIT_DONE)
			numbered_want(&t->numbered, cl->u.g.units[i].slot);
	if (numbered_write(&t->numbered, &cl->keeper, cl->u.s, t->uuid) == 0)
		return true;
	topology_fail(t, cl->keeper.trouble, "%s", cl->keeper.why);
	return false;
}

static bool ready(struct cluster *cl)
{
	char uuid[STREAM_UUID_TEXT_SIZE];

	spool_uuid(cl->spool, uuid);
	if (strcmp(uuid, cl->u.t.uuid) != 0) {
		topology_renew(&cl->u.t, uuid);
		// only the numbers of the slots say which retained batches a slot lacks
		cl->applied = spool_first(cl->spool) - 1;
		cl->announced.len = cl->announced.next = 0;
	}
	if (!cl->u.t.numbered.read && numbered_read(&cl->u.t.numbered, &cl->keeper, cl->u.s, uuid) != 0) {
		topology_fail(&cl->u.t, cl->keeper.trouble, "%s", cl->keeper.why);
		return false;
	}
	do {
		if (topology_ready(&cl->u.t, cl->u.s) != 0)
			return false;
	} while (!look_at_numbers(cl));
	if (cl->u.t.sent == UINT64_MAX) // a collector before this one may have sent all batches
		cl->u.t.sent = spool_last(cl->spool);
	return true;
}

// Servers to try: those of the settings, and the nodes of the last topology, as the former may all have left the cluster.
static struct redis_settings servers_of(const struct cluster *cl)
{
	struct redis_settings found = *cl->u.s;

	for (size_t i = 0; i < cl->u.t.nodes_len && found.others.len < ENDPOINTS_MAX; i++)
		if (cl->u.t.nodes[i].listed)
			found.others.at[found.others.len++] = cl->u.t.nodes[i].address;
	return found;
}

// Checks that the UUID belongs to this collector: before a new connection kills older ones of its name, and to renew the lease.
static bool own(struct cluster *cl)
{
	struct topology *t = &cl->u.t;
	struct redis_conn *c = &cl->keeper;
	char uuid[STREAM_UUID_TEXT_SIZE];
	enum lease_outcome outcome = LEASE_TAKEN;

	for (size_t i = 0; i < t->nodes_len; i++)
		if (t->nodes[i].listed && !t->nodes[i].conn.link)
			cl->lease.renewed_ms = 0;
	spool_uuid(cl->spool, uuid);
	cl->lease.applied = spool_acked(cl->spool);
	if (c->link && lease_keep(&cl->lease, c, cl->u.s, uuid) == 0)
		return true;
	redis_conn_close(c);
	do {
		spool_uuid(cl->spool, uuid);
		const struct redis_settings servers = servers_of(cl);
		outcome = c->link || lease_open(c, &servers, uuid) == 0
				  ? lease_take(&cl->lease, c, cl->u.s, cl->spool, 0)
				  : LEASE_FAILED;
		if (outcome == LEASE_NEW_UUID)
			redis_conn_close(c); // the key of the new UUID is on another node
	} while (outcome == LEASE_NEW_UUID);
	if (outcome == LEASE_FAILED)
		topology_fail(t, c->trouble, "%s", c->why);
	return outcome == LEASE_TAKEN;
}

// groups ───────────────────────────────────────────────────────────────────────────────────────

static void read_group(struct cluster *cl, unsigned idle_ms)
{
	struct batch_group *g = &cl->u.g;
	uint64_t from = cl->applied + 1;

	for (g->len = 0; g->len < GROUP_BATCHES_MAX; g->len++) {
		struct spool_batch *in = &g->batches[g->len].in;
		if (!spool_read(cl->spool, from, in, g->len == 0 ? idle_ms : 0))
			break;
		from = in->number + 1;
	}
}

// Checks held and stopped slots, and goes back to the first batch that released ones lack. The riders must be sent before, because
// slots that have the repeated batches would leave them out. Returns true if that is to be done first.
static bool look_at_held(struct cluster *cl)
{
	if (!hold_is_due(&cl->hold, &cl->u, monotonic_ms()))
		return false;
	cl->followed = !cl->followed && cl->u.follow.len > 0;
	if (cl->followed) // what `follow` contains after that belongs to held slots
		return true;
	uint64_t from = hold_release(&cl->hold, &cl->u, monotonic_ms());
	if (from > 0 && from <= cl->applied)
		cl->applied = from - 1;
	if (cl->u.t.lost_from > 0) // a person decided that a slot has less
		go_back(cl, cl->u.t.lost_from);
	cl->u.t.lost_from = 0;
	return false;
}

// Starts the next group, if `follow_only` of riders alone. False if there is nothing to send.
static bool begin_group(struct cluster *cl, bool follow_only, unsigned idle_ms)
{
	struct units *u = &cl->u;

	u->g.len = 0;
	if (!follow_only)
		read_group(cl, u->follow.len > 0 ? 0 : idle_ms);
	cl->busy = u->g.len > 0 || u->follow.len > 0;
	if (cl->busy && !group_make(&u->g, &u->follow, cl->applied, &cl->announced, u->s, u->zones)) {
		cl->busy = false;
		topology_fail(&u->t, REDIS_TROUBLE_MEMORY, "no memory for the text of a batch");
		return false;
	}
	group_compare(&u->g, u->t.applied);
	return cl->busy;
}

static void finish_group(struct cluster *cl)
{
	struct units *u = &cl->u;

	hold_note(&cl->hold, u);
	for (size_t i = 0; i < u->g.len; i++) {
		struct batch *b = &u->g.batches[i];
		spool_refuse(cl->spool, apply_count(&b->records));
		follow_feed(&u->follow, &b->records, u->s, b->in.hello.sensor);
		retain_due(&u->follow, &b->records, u->s, u->zones);
		batch_announce(&cl->announced, &b->in.hello);
		metrics_add(batches_applied, b->in.number > cl->counted);
	}
	cl->applied = u->g.last;
	if (cl->counted < cl->applied)
		cl->counted = cl->applied;
	cl->busy = false;
	spool_acknowledge(cl->spool, cl->hold.from > 0 ? cl->hold.from - 1 : cl->applied);
	if (u->g.len > 0)
		metrics_set(last_applied_s, (uint64_t)time(NULL));
}

enum cluster_outcome cluster_step(struct cluster *cl, const struct redis_settings *s, unsigned idle_ms)
{
	struct units *u = &cl->u;

	u->s = s;
	u->t.trouble = REDIS_TROUBLE_NONE;
	if (!own(cl) || !ready(cl))
		return u->t.trouble == REDIS_TROUBLE_CLUSTER ? CLUSTER_AGAIN : CLUSTER_TROUBLE;
	u->t.trouble = REDIS_TROUBLE_NONE; // of a node, while another one replied
	if (!cl->busy) {
		bool follow_only = look_at_held(cl);
		bool looks = cl->hold.from > 0 || u->t.stops.len > 0;
		if (!begin_group(cl, follow_only, looks ? HOLD_LOOK_MS : idle_ms))
			return u->t.trouble == REDIS_TROUBLE_NONE ? CLUSTER_IDLE : CLUSTER_TROUBLE;
	}
	if (!note_numbered(cl))
		return CLUSTER_TROUBLE;
	units_pass(u);
	if (!u->moved || hold_check(&cl->hold, u)) {
		finish_group(cl);
		return CLUSTER_DONE;
	}
	metrics_add(batches_retried, u->g.len);
	return u->t.trouble == REDIS_TROUBLE_CLUSTER ? CLUSTER_AGAIN : CLUSTER_TROUBLE;
}

static void forget(struct cluster *cl, const struct redis_settings *s)
{
	struct redis_results results = {.capacity = 0};

	for (size_t n = 0; n < cl->u.t.nodes_len; n++) {
		struct cluster_node *node = &cl->u.t.nodes[n];
		redis_buffer_clear(&node->out);
		for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
			if (cl->u.t.owner[slot] != n || cl->u.t.applied[slot] == 0)
				continue;
			redis_encode_array(&node->out, 3);
			redis_encode_literal(&node->out, "HDEL");
			topology_seq_key(&node->out, s, (uint16_t)slot);
			redis_encode_text(&node->out, cl->u.t.uuid);
			redis_encode_array(&node->out, 2);
			redis_encode_literal(&node->out, "DEL");
			topology_fence_key(&node->out, s, (uint16_t)slot, cl->u.t.uuid);
		}
		if (node->out.arrays == 0 || !node->conn.link ||
			redis_conn_write(&node->conn, node->out.bytes, node->out.size) != 0)
			continue;
		for (uint32_t i = 0; i < node->out.arrays; i++)
			if (redis_conn_read(&node->conn, &results) != 0)
				break;
	}
}

void cluster_leave(struct cluster *cl, const struct redis_settings *s, bool gone)
{
	struct redis_buffer b = {0};

	if (gone)
		forget(cl, s);
	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "DEL");
	numbered_key(&b, s, cl->u.t.uuid);
	redisReply *reply = gone && cl->keeper.link ? redis_conn_ask(&cl->keeper, &b) : NULL;
	redis_buffer_free(&b);
	if (reply)
		freeReplyObject(reply);
	if (cl->keeper.link)
		lease_leave(&cl->lease, &cl->keeper, s, cl->u.t.uuid, gone);
}
