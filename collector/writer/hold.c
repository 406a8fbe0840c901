// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/hold.h"

#include "collector/base/metrics.h"
#include "collector/schema/expiry.h"
#include "dataplane/common/log.h"

#include <stdio.h>

enum { RIDERS_BYTES_MAX = 4 << 20 }; // limit of riders of held slots that move to the next group

static void hold(struct topology *t, uint16_t slot)
{
	if (t->held[slot])
		return;
	t->held[slot] = true;
	if (t->held_len++ == 0)
		log_warning(
			"redis cluster: slot %u is half migrated; its records stay in the spool, the other slots continue",
			slot);
	metrics_set(slots_held, t->held_len);
}

bool hold_check(struct hold *h, struct units *u)
{
	bool settled = true;

	for (size_t i = 0; i < u->g.units_len; i++) {
		struct group_unit *unit = &u->g.units[i];
		if (unit->state == UNIT_DONE)
			continue;
		if (unit->tries >= HOLD_TRIES)
			hold(&u->t, unit->slot);
		settled &= units_hold(u, unit);
	}
	return settled;
}

static void take_rider(struct units *u, const struct group_command *c)
{
	const struct follow_note *note = &u->g.riders.notes[c->index];

	if (u->follow.commands.size > RIDERS_BYTES_MAX) {
		metrics_add(follow_dropped, 1);
		return;
	}
	follow_note(&u->follow, note->kind);
	u->follow.notes[u->follow.len - 1].expected = note->expected;
	char *room = redis_buffer_room(&u->follow.commands, c->size);
	if (!room)
		return; // `bad` is set: the riders are dropped
	memcpy(room, group_bytes(&u->g, c), c->size);
	u->follow.commands.size += c->size;
	u->follow.commands.arrays++;
}

void hold_note(struct hold *h, struct units *u)
{
	for (size_t i = 0; i < u->g.units_len; i++) {
		const struct group_unit *unit = &u->g.units[i];
		if (unit->state == UNIT_DONE)
			continue;
		for (uint32_t k = unit->head; k != GROUP_NONE; k = u->g.commands[k].next) {
			const struct group_command *c = &u->g.commands[k];
			if (!group_needs(&u->g, unit, c, u->t.applied[unit->slot]))
				continue;
			if (u->g.len > 0 && (h->from == 0 || u->g.first < h->from))
				h->from = u->g.first;
			if (c->batch == GROUP_RIDERS)
				take_rider(u, c);
			else if (c->index != GROUP_NONE)
				schema_wait(&u->g.batches[c->batch].records, c->index);
		}
	}
}

bool hold_is_due(const struct hold *h, const struct units *u, uint64_t now_ms)
{
	return (h->from > 0 || u->t.stops.len > 0) && now_ms >= h->next_look_ms;
}

// CLUSTER NODES reports migrations of the node itself: "[93->-<id>]" for a slot that leaves, "[93-<-<id>]" for one that arrives.
static bool is_whole(const char *nodes, unsigned slot)
{
	char leaves[16], comes[16];

	snprintf(leaves, sizeof(leaves), "[%u->-", slot);
	snprintf(comes, sizeof(comes), "[%u-<-", slot);
	return !strstr(nodes, leaves) && !strstr(nodes, comes);
}

// Returns how many held slots of the node are complete again. If it does not reply (ACL), all are released; the next passes hold
// them again if they must.
static size_t look_at_node(struct topology *t, size_t index, struct hold *h, uint64_t now_ms)
{
	struct redis_buffer b = {0};
	size_t released = 0;

	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "CLUSTER");
	redis_encode_literal(&b, "NODES");
	redisReply *reply = topology_ask(t, &t->nodes[index], &b);
	redis_buffer_free(&b);
	bool tells = reply && reply->type == REDIS_REPLY_STRING;
	if (!tells)
		h->next_look_ms = now_ms + HOLD_BLIND_MS;
	for (unsigned slot = 0; t->nodes[index].conn.link && slot < REDIS_SLOTS; slot++) {
		if (!t->held[slot] || t->owner[slot] != index || (tells && !is_whole(reply->str, slot)))
			continue;
		t->held[slot] = false;
		t->held_len--;
		released++;
	}
	if (reply)
		freeReplyObject(reply);
	return released;
}

uint64_t hold_release(struct hold *h, struct units *u, uint64_t now_ms)
{
	uint64_t from = h->from;
	size_t released = 0;

	h->next_look_ms = now_ms + HOLD_LOOK_MS;
	for (size_t n = 0; n < u->t.nodes_len; n++) {
		bool any = false;
		for (unsigned slot = 0; !any && slot < REDIS_SLOTS; slot++)
			any = u->t.held[slot] && u->t.owner[slot] == n;
		if (any && u->t.nodes[n].conn.link)
			released += look_at_node(&u->t, n, h, now_ms);
	}
	metrics_set(slots_held, u->t.held_len);
	if (u->t.held_len == 0 && released > 0)
		log_info("redis cluster: all half migrated slots are complete; sending the records held back");
	released += topology_look_at_stopped(&u->t, u->s);
	if (released == 0)
		return 0;
	schema_expiry_reset(); // keys in them are due again
	h->from = 0;	       // slots that are still held set it again
	return from;
}
