// SPDX-License-Identifier: BSD-3-Clause
// The numbers of the slots: the last batch that Redis holds of each.
#include "collector/redis_topology.h"

static void put_number(struct redis_topology *t, struct redis_buffer *out, unsigned slot, const struct redis_settings *s)
{
	redis_encode_array(out, 3);
	redis_encode_literal(out, "HGET");
	redis_topology_seq_key(out, s, (uint16_t)slot);
	redis_encode_text(out, t->uuid);
}

static uint32_t hash_run(const struct cluster_node *node)
{
	uint32_t hash = 0x811c9dc5u; // FNV-1a

	for (const char *p = node->conn.info.run_id; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x01000193u;
	return node->conn.info.run_id[0] ? hash | 1 : 0;
}

void redis_topology_note_run(struct redis_topology *t, uint16_t slot, const struct cluster_node *node)
{
	t->run[slot] = hash_run(node);
}

// Someone else wrote the slot's number: a server that was not restarted, and not replaced, never has an older one.
static int fail_number(
	struct redis_topology *t, uint16_t slot, const struct cluster_node *node, const struct redis_settings *s)
{
	return redis_topology_fail(t, REDIS_TROUBLE_NUMBER,
		"%s: %sseq:{%s}: found another number for spool %s than the last one written, or something else, expected %lu; writing has "
		"stopped; HSET it there, or restart the collector to have it take what is there",
		node->address.text, s->prefix, redis_slot_tag(slot), t->uuid, (unsigned long)t->applied[slot]);
}

// Notes what a slot's HGET answered.
static int take_number(struct redis_topology *t, uint16_t slot, const struct redis_results *r,
	const struct cluster_node *node, const struct redis_settings *s)
{
	bool wrong = r->top.type == REDIS_REPLY_ERROR && r->top.trouble == REDIS_TROUBLE_WRONGTYPE;
	if (wrong || (r->top.type == REDIS_REPLY_STRING && !r->top.decimal))
		return fail_number(t, slot, node, s);
	if (r->top.type == REDIS_REPLY_ERROR) {
		if (r->top.trouble == REDIS_TROUBLE_CLUSTER)
			t->fresh = false;
		return redis_topology_fail(t, r->top.trouble, "%s: %s: %.200s", node->address.text,
			redis_trouble_sentence[r->top.trouble], r->error);
	}
	if (r->top.type != REDIS_REPLY_STRING && r->top.type != REDIS_REPLY_NIL)
		return redis_topology_fail(t, REDIS_TROUBLE_PROTOCOL, "an unexpected answer to HGET");
	uint64_t number = r->top.type == REDIS_REPLY_STRING ? (uint64_t)r->top.integer : 0;
	if (number < t->applied[slot] && t->run[slot] != 0 && t->run[slot] == hash_run(node))
		return fail_number(t, slot, node, s);
	if (number < t->applied[slot] && (t->lost_from == 0 || number + 1 < t->lost_from))
		t->lost_from = number + 1;
	if (number > t->highest)
		t->highest = number;
	t->applied[slot] = number;
	t->known[slot] = true;
	redis_topology_note_run(t, slot, node);
	return 0;
}

// The slot is half moved, and its number is on the other side or has never been written.
static int read_number_there(
	struct redis_topology *t, uint16_t slot, struct cluster_node *node, const struct redis_settings *s)
{
	struct redis_results results = {.capacity = 0};
	struct redis_buffer b = {0};

	if (redis_topology_connect(t, node, s) != 0)
		return -1;
	redis_encode_array(&b, 1);
	redis_encode_literal(&b, "ASKING");
	put_number(t, &b, slot, s);
	bool open = redis_conn_write(&node->conn, b.bytes, b.size) == 0;
	for (int i = 0; open && i < 2; i++)
		open = redis_conn_read(&node->conn, &results) == 0;
	redis_buffer_free(&b);
	if (open)
		return take_number(t, slot, &results, node, s);
	redis_topology_fail(t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
	redis_topology_failed(t, node);
	return -1;
}

int redis_topology_read_numbers(struct redis_topology *t, struct cluster_node *node, const struct redis_settings *s)
{
	struct redis_results results = {.capacity = 0};
	uint8_t index = (uint8_t)(node - t->nodes), there[REDIS_SLOTS] = {0}; // index + 1 of the other side
	bool down = false;
	int result = 0;

	redis_buffer_clear(&node->out);
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++)
		if (t->owner[slot] == index && !t->known[slot])
			put_number(t, &node->out, slot, s);
	if (node->out.arrays == 0)
		return 0;
	if (redis_topology_connect(t, node, s) != 0)
		return -1;
	bool open = redis_conn_write(&node->conn, node->out.bytes, node->out.size) == 0;
	for (unsigned slot = 0; open && slot < REDIS_SLOTS; slot++) {
		if (t->owner[slot] != index || t->known[slot])
			continue;
		results.errors = 0;
		open = redis_conn_read(&node->conn, &results) == 0;
		bool error = open && results.top.type == REDIS_REPLY_ERROR;
		struct cluster_node *other = error ? redis_topology_asked(t, results.error) : NULL;
		if (other)
			there[slot] = (uint8_t)(other - t->nodes + 1);
		else if (open && take_number(t, (uint16_t)slot, &results, node, s) != 0)
			result = -1;
		down |= error && redis_topology_is_down(results.error);
	}
	for (unsigned slot = 0; open && slot < REDIS_SLOTS; slot++)
		if (there[slot] != 0 && read_number_there(t, (uint16_t)slot, &t->nodes[there[slot] - 1], s) != 0)
			result = -1;
	if (down)
		redis_topology_failed(t, node);
	if (open)
		return result;
	redis_topology_fail(t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
	redis_topology_failed(t, node);
	return -1;
}
