// SPDX-License-Identifier: BSD-3-Clause
// Writes both copies of the number of a slot.
#include "collector/number/topology.h"
#include "collector/redis/families.h"

#include "dataplane/common/log.h"

#include <stdio.h>
#include <time.h>

void topology_write_number(struct topology *t, struct redis_buffer *out, uint16_t slot, uint64_t number,
	const struct redis_settings *s)
{
	redis_encode_array(out, 4);
	redis_encode_literal(out, "HSET");
	topology_seq_key(out, s, slot);
	redis_encode_text(out, t->uuid);
	redis_encode_uint(out, number);
	redis_encode_array(out, 3);
	redis_encode_literal(out, "SET");
	topology_fence_key(out, s, slot, t->uuid);
	redis_encode_uint(out, number);
}

// Watches both keys of the slot and compares them with `found`. `*foreign`: the first has another type. Returns 0, or -1 with the
// trouble noted.
static int watch(struct topology *t, struct cluster_node *node, uint16_t slot, const struct guard *found, bool *foreign,
	const struct redis_settings *s)
{
	struct redis_results ok = {.capacity = 0}, seq = ok, fence = ok;
	struct redis_buffer *out = &node->out;
	struct guard now = {.keys = false};

	redis_buffer_clear(out);
	redis_encode_array(out, 3);
	redis_encode_literal(out, "WATCH");
	topology_seq_key(out, s, slot);
	topology_fence_key(out, s, slot, t->uuid);
	topology_ask_number(t, out, slot, s);
	topology_ask_fence(t, out, slot, s);
	if (redis_conn_write(&node->conn, out->bytes, out->size) != 0 || redis_conn_read(&node->conn, &ok) != 0 ||
		redis_conn_read(&node->conn, &seq) != 0 || redis_conn_read(&node->conn, &fence) != 0)
		return topology_fail_node(t, node);
	*foreign = seq.top.type == REDIS_REPLY_ERROR;
	if (guard_take(&seq.top, &now.seq, &now.seq_number) && guard_take(&fence.top, &now.fence, &now.fence_number) &&
		ok.errors == 0 && now.seq == found->seq && now.seq_number == found->seq_number &&
		now.fence == found->fence && now.fence_number == found->fence_number)
		return 0;
	return topology_fail(t, REDIS_TROUBLE_FENCED, "%s: slot %u: its number has changed meanwhile; look again",
		node->address.text, slot);
}

int topology_claim(struct topology *t, uint16_t slot, uint64_t number, const struct guard *found,
	const struct redis_settings *s)
{
	struct cluster_node *node = &t->nodes[t->owner[slot]];
	struct redis_buffer *out = &node->out;
	struct redis_results results = {.capacity = 0};
	char aside[REDIS_SLOT_TAG_SIZE + 48];
	bool foreign = false;

	if (topology_connect(t, node, s) != 0 || (found && watch(t, node, slot, found, &foreign, s) != 0))
		return -1;
	redis_buffer_clear(out);
	redis_encode_array(out, 1);
	redis_encode_literal(out, "MULTI");
	if (foreign) {
		int len = snprintf(aside, sizeof(aside), FAMILY_SEQ ":{%s}:foreign-%lu", redis_slot_tag(slot),
			(unsigned long)time(NULL));
		redis_encode_array(out, 3);
		redis_encode_literal(out, "RENAME");
		topology_seq_key(out, s, slot);
		redis_encode_bulk2(out, s->prefix, strlen(s->prefix), aside, (size_t)len);
	}
	topology_write_number(t, out, slot, number, s);
	redis_encode_array(out, 1);
	redis_encode_literal(out, "EXEC");
	bool open = redis_conn_write(&node->conn, out->bytes, out->size) == 0;
	for (uint32_t i = 0; open && i < out->arrays; i++)
		open = redis_conn_read(&node->conn, &results) == 0;
	if (!open)
		return topology_fail_node(t, node);
	if (results.errors > 0)
		return topology_fail(t, results.trouble, "%s: %s: %.200s", node->address.text,
			redis_trouble_sentence[results.trouble], results.error);
	if (results.top.type == REDIS_REPLY_NIL)
		return topology_fail(t, REDIS_TROUBLE_FENCED,
			"%s: slot %u: its number has changed meanwhile; look again", node->address.text, slot);
	return 0;
}

int topology_mend(struct topology *t, uint16_t slot, const struct redis_settings *s)
{
	if (topology_claim(t, slot, t->applied[slot], NULL, s) != 0)
		return -1;
	log_info("redis cluster: slot %u: its number, which could not be written with its batch, is written: %lu", slot,
		(unsigned long)t->applied[slot]);
	t->unnumbered[slot] = false;
	t->known[slot] = true;
	return 0;
}
