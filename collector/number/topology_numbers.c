// SPDX-License-Identifier: BSD-3-Clause
// Reads both copies of the number of each slot (guard.h), and decides which slots are stopped.
#include "collector/number/topology.h"

#include "collector/number/lease.h"
#include "dataplane/common/log.h"
#include "dataplane/common/fnv.h"

#include <stdio.h>

enum {
	TOLD_MAX = 16, // stopped slots with a line each in the log
	KEYS_MAX = 1000
};

static uint32_t hash_run(const struct cluster_node *node)
{
	const char *run = node->conn.info.run_id;

	return *run ? fnv32(FNV32_START, run, strlen(run)) | 1 : 0;
}

void topology_note_run(struct topology *t, uint16_t slot, const struct cluster_node *node)
{
	t->run[slot] = hash_run(node);
}

void topology_ask_number(struct topology *t, struct redis_buffer *out, uint16_t slot, const struct redis_settings *s)
{
	redis_encode_array(out, 3);
	redis_encode_literal(out, "HGET");
	topology_seq_key(out, s, slot);
	redis_encode_text(out, t->uuid);
}

void topology_ask_fence(struct topology *t, struct redis_buffer *out, uint16_t slot, const struct redis_settings *s)
{
	redis_encode_array(out, 2);
	redis_encode_literal(out, "GET");
	topology_fence_key(out, s, slot, t->uuid);
}

bool topology_is_as_known(const struct topology *t, uint16_t slot, enum guard_kind kind, uint64_t number)
{
	return kind != GUARD_OTHER && number == t->applied[slot] && (kind == GUARD_NUMBER || number == 0);
}

// decisions ──────────────────────────────────────────────────────────────────────────────────────

static void stop(struct topology *t, uint16_t slot, enum guard_state state, const struct guard *found,
	const struct cluster_node *node, const struct redis_settings *s)
{
	struct stop now = {.slot = slot, .state = state, .found = *found, .expected = t->applied[slot]};
	char text[512];

	snprintf(now.server, sizeof(now.server), "%.63s", node->address.text);
	if (stops_put(&t->stops, &now) && !t->reader && t->stops.len <= TOLD_MAX) {
		stops_tell(text, sizeof(text), &now, s->prefix, t->uuid);
		log_error("redis cluster: %s%s", text,
			t->stops.len == TOLD_MAX ? "; further slots: lookback spool status" : "");
	}
	t->stopped[slot] = true;
	t->known[slot] = false;
}

// The number is sound: takes it over.
static void take(struct topology *t, uint16_t slot, uint64_t number, const struct cluster_node *node)
{
	if (t->stopped[slot]) {
		stops_remove(&t->stops, slot);
		if (!t->reader)
			log_info("redis cluster: slot %u: its number is sound again: %lu", slot, (unsigned long)number);
	}
	t->stopped[slot] = false;
	if (number < t->applied[slot] && (t->lost_from == 0 || number + 1 < t->lost_from))
		t->lost_from = number + 1;
	if (number > t->highest)
		t->highest = number;
	t->applied[slot] = number;
	t->known[slot] = true;
	t->unnumbered[slot] = false;
	topology_note_run(t, slot, node);
}

// False if the server was restarted or replaced: then it may have any number that it had before.
static bool is_same_server(const struct topology *t, uint16_t slot, const struct cluster_node *node)
{
	return t->run[slot] != 0 && t->run[slot] == hash_run(node);
}

// Another collector wrote the slot, and this one has not read its number before.
static bool is_numbered(const struct topology *t, uint16_t slot)
{
	return t->run[slot] == 0 && t->applied[slot] == 0 && numbered_has(&t->numbered, slot);
}

static void judge(struct topology *t, uint16_t slot, const struct guard *found, const struct cluster_node *node,
	const struct redis_settings *s)
{
	uint64_t number, applied = t->applied[slot];

	if (is_numbered(t, slot))
		applied = UINT64_MAX; // it had a number, which is not known
	else if (found->fence != GUARD_NUMBER && !is_same_server(t, slot, node))
		applied = found->seq_number;
	enum guard_state state = guard_judge(found, applied, t->sent, &number);
	if (state > GUARD_NEW) {
		stop(t, slot, state, found, node, s);
		return;
	}
	take(t, slot, number, node);
	if (found->fence == GUARD_NUMBER)
		numbered_want(&t->numbered, slot);
}

// The slot had a number, if known on this server.
static bool was_written(const struct topology *t, uint16_t slot, const struct cluster_node *node)
{
	return is_numbered(t, slot) || (t->applied[slot] > 0 && is_same_server(t, slot, node));
}

// reading ──────────────────────────────────────────────────────────────────────────────────────

struct numbers_look {
	struct topology *t;
	struct cluster_node *node;
	const struct redis_settings *s;
	struct redis_results results;
	struct cluster_node *other; // node that a reply named, of a half migrated slot
	bool down;		    // some reply was CLUSTERDOWN
	bool refused;		    // some reply was an error; the trouble is noted
};

// Reads one reply. False if the connection closed.
static bool read_reply(struct numbers_look *k, enum guard_kind *kind, uint64_t *number)
{
	struct redis_results *r = &k->results;

	*kind = GUARD_NONE;
	*number = 0;
	r->errors = 0;
	if (redis_conn_read(&k->node->conn, r) != 0)
		return false;
	if (guard_take(&r->top, kind, number))
		return true;
	*kind = GUARD_NONE;
	struct cluster_node *other = topology_asked(k->t, r->error);
	if (other) {
		k->other = other;
		return true;
	}
	k->down |= topology_is_down(r->error);
	k->refused = true;
	if (r->top.trouble == REDIS_TROUBLE_CLUSTER)
		k->t->fresh = false;
	topology_fail(k->t, r->top.trouble, "%s: %s: %.200s", k->node->address.text,
		redis_trouble_sentence[r->top.trouble], r->error);
	return true;
}

static bool read_pair(struct numbers_look *k, struct guard *found)
{
	*found = (struct guard){.keys = false};
	k->other = NULL;
	k->refused = false;
	return read_reply(k, &found->seq, &found->seq_number) && read_reply(k, &found->fence, &found->fence_number);
}

int topology_fail_node(struct topology *t, struct cluster_node *node)
{
	topology_fail(t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
	topology_failed(t, node);
	return -1;
}

// Reads both copies of a slot from one node, with ASKING from the other node of a half migrated slot. Returns 0, or -1 with the trouble noted.
static int read_side(struct numbers_look *k, uint16_t slot, bool asking, struct guard *found)
{
	static const char ask[] = "*1\r\n$6\r\nASKING\r\n";
	struct redis_buffer b = {0};
	uint64_t none;
	enum guard_kind ok;

	if (topology_connect(k->t, k->node, k->s) != 0)
		return -1;
	topology_ask_number(k->t, &b, slot, k->s);
	size_t first = b.size;
	topology_ask_fence(k->t, &b, slot, k->s);
	struct redis_conn *c = &k->node->conn;
	bool open = (!asking || redis_conn_write(c, ask, sizeof(ask) - 1) == 0) &&
		    redis_conn_write(c, b.bytes, first) == 0 &&
		    (!asking || redis_conn_write(c, ask, sizeof(ask) - 1) == 0) &&
		    redis_conn_write(c, b.bytes + first, b.size - first) == 0;
	redis_buffer_free(&b);
	*found = (struct guard){.keys = false};
	k->other = NULL;
	k->refused = false;
	open = open && (!asking || read_reply(k, &ok, &none)) && read_reply(k, &found->seq, &found->seq_number) &&
	       (!asking || read_reply(k, &ok, &none)) && read_reply(k, &found->fence, &found->fence_number);
	if (!open)
		return topology_fail_node(k->t, k->node);
	return k->refused ? -1 : 0;
}

// A half migrated slot: each of its two keys is on one of two nodes, or on none.
static int read_both_sides(struct topology *t, uint16_t slot, struct cluster_node *here, struct cluster_node *there,
	const struct redis_settings *s)
{
	struct numbers_look a = {.t = t, .node = here, .s = s}, b = {.t = t, .node = there, .s = s};
	struct guard found, other;

	if (read_side(&a, slot, false, &found) != 0 || read_side(&b, slot, true, &other) != 0)
		return -1;
	bool seq_there = found.seq == GUARD_NONE && other.seq != GUARD_NONE;
	if (seq_there) {
		found.seq = other.seq;
		found.seq_number = other.seq_number;
	}
	if (found.fence == GUARD_NONE) {
		found.fence = other.fence;
		found.fence_number = other.fence_number;
	}
	found.keys = true; // as far as is known
	judge(t, slot, &found, seq_there ? there : here, s);
	return 0;
}

// A slot without its numbers: was the node emptied, or were only the numbers removed? Returns 0, or -1 (closed).
static int look_for_keys(struct numbers_look *k, uint16_t slot)
{
	struct guard found = {.keys = true};
	struct redis_buffer b = {0};

	redis_encode_array(&b, 4);
	redis_encode_literal(&b, "CLUSTER");
	redis_encode_literal(&b, "GETKEYSINSLOT");
	redis_encode_uint(&b, slot);
	redis_encode_uint(&b, KEYS_MAX);
	redisReply *reply = redis_conn_ask(&k->node->conn, &b);
	redis_buffer_free(&b);
	if (!reply)
		return topology_fail_node(k->t, k->node);
	found.keys = reply->type != REDIS_REPLY_ARRAY;
	size_t prefix_len = strlen(k->s->prefix);
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
		const char *key = reply->element[i]->str;
		found.keys |= key && strncmp(key, k->s->prefix, prefix_len) == 0 && !lease_is_key(key + prefix_len);
	}
	freeReplyObject(reply);
	judge(k->t, slot, &found, k->node, k->s);
	return 0;
}

static bool is_wanted(const struct topology *t, unsigned slot, uint8_t index, bool stopped)
{
	return t->owner[slot] == index && !t->known[slot] && t->stopped[slot] == stopped;
}

enum { LATER_NONE, LATER_KEYS, LATER_MEND, LATER_SIDES }; // from LATER_SIDES on: plus the index of the other node

// Reads the replies for all wanted slots. `later`: what is to be asked when no reply is outstanding. Returns 0, or -1.
static int read_replies(struct numbers_look *k, uint8_t index, bool stopped, uint16_t later[static REDIS_SLOTS])
{
	struct topology *t = k->t;
	struct guard found;
	int result = 0;

	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
		if (!is_wanted(t, slot, index, stopped))
			continue;
		if (!read_pair(k, &found))
			return topology_fail_node(t, k->node);
		if (k->refused)
			result = -1;
		else if (k->other)
			later[slot] = (uint16_t)(k->other - t->nodes + LATER_SIDES);
		else if (found.seq == GUARD_NONE && found.fence == GUARD_NONE &&
			 was_written(t, (uint16_t)slot, k->node))
			later[slot] = LATER_KEYS;
		else if (t->unnumbered[slot] && found.seq != GUARD_OTHER && is_same_server(t, (uint16_t)slot, k->node))
			later[slot] = LATER_MEND;
		else
			judge(t, (uint16_t)slot, &found, k->node, k->s);
	}
	return result;
}

static int read_later(struct numbers_look *k, const uint16_t later[static REDIS_SLOTS])
{
	int result = 0;

	for (unsigned slot = 0; slot < REDIS_SLOTS && k->node->conn.link; slot++) {
		if (later[slot] == LATER_KEYS && look_for_keys(k, (uint16_t)slot) != 0)
			result = -1;
		if (later[slot] == LATER_MEND && topology_mend(k->t, (uint16_t)slot, k->s) != 0)
			result = -1;
		if (later[slot] >= LATER_SIDES && read_both_sides(k->t, (uint16_t)slot, k->node,
							  &k->t->nodes[later[slot] - LATER_SIDES], k->s) != 0)
			result = -1;
	}
	return k->node->conn.link ? result : -1;
}

static int read_numbers(struct topology *t, struct cluster_node *node, const struct redis_settings *s, bool stopped)
{
	struct numbers_look k = {.t = t, .node = node, .s = s};
	uint8_t index = (uint8_t)(node - t->nodes);
	uint16_t later[REDIS_SLOTS] = {LATER_NONE};

	redis_buffer_clear(&node->out);
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
		if (!is_wanted(t, slot, index, stopped))
			continue;
		topology_ask_number(t, &node->out, (uint16_t)slot, s);
		topology_ask_fence(t, &node->out, (uint16_t)slot, s);
	}
	if (node->out.arrays == 0)
		return 0;
	if (topology_connect(t, node, s) != 0)
		return -1;
	if (redis_conn_write(&node->conn, node->out.bytes, node->out.size) != 0)
		return topology_fail_node(t, node);
	int result = read_replies(&k, index, stopped, later);
	if (node->conn.link && read_later(&k, later) != 0)
		result = -1;
	if (k.down)
		topology_failed(t, node);
	return result;
}

int topology_read_numbers(struct topology *t, struct cluster_node *node, const struct redis_settings *s)
{
	return read_numbers(t, node, s, false);
}

size_t topology_look_at_stopped(struct topology *t, const struct redis_settings *s)
{
	size_t before = t->stops.len;

	for (size_t i = 0; i < t->nodes_len && t->stops.len > 0; i++)
		if (t->nodes[i].conn.link)
			read_numbers(t, &t->nodes[i], s, true);
	return before - t->stops.len;
}
