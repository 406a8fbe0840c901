// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/units.h"

#include "collector/base/histogram.h"
#include "collector/base/metrics.h"
#include "collector/writer/apply.h"

#include <stdlib.h>

enum { OWN_COMMANDS = 2 }; // HSET and SET of the number, before the commands of the group

bool units_init(struct units *u, const struct zone_list *zones)
{
	u->zones = zones;
	u->results.capacity = (size_t)GROUP_BATCHES_MAX * BATCH_RESULTS_MAX;
	u->results.at = calloc(u->results.capacity, sizeof(*u->results.at));
	u->order = calloc(REDIS_SLOTS, sizeof(*u->order));
	return u->results.at && u->order;
}

void units_free(struct units *u)
{
	topology_close(&u->t);
	group_free(&u->g);
	follow_free(&u->follow);
	redis_texts_free(&u->results.texts);
	free(u->results.at);
	free(u->order);
}

// sending ──────────────────────────────────────────────────────────────────────────────────────

// Counts the commands of the group that the slot does not have yet. False if there is none.
static bool count_needs(const struct units *u, struct group_unit *unit)
{
	unit->sent = 0;
	for (uint32_t i = unit->head; i != GROUP_NONE; i = u->g.commands[i].next)
		unit->sent += group_needs(&u->g, unit, &u->g.commands[i], u->t.applied[unit->slot]);
	return unit->sent > 0;
}

// Both copies of the number.
static void write_number(struct units *u, const struct group_unit *unit, struct redis_buffer *out)
{
	uint64_t applied = u->t.applied[unit->slot];
	uint64_t number = u->g.last > applied ? u->g.last : applied; // the batches are sent again to other slots

	topology_write_number(&u->t, out, unit->slot, number, u->s);
	if (u->t.sent < number)
		u->t.sent = number;
}

// The transaction of a unit, with the commands that its slot does not have yet.
static void write_unit(struct units *u, struct group_unit *unit, struct redis_buffer *out)
{
	uint64_t applied = u->t.applied[unit->slot];

	redis_encode_array(out, 1);
	redis_encode_literal(out, "MULTI");
	write_number(u, unit, out);
	for (uint32_t i = unit->head; i != GROUP_NONE; i = u->g.commands[i].next) {
		const struct group_command *c = &u->g.commands[i];
		if (!group_needs(&u->g, unit, c, applied))
			continue;
		char *room = redis_buffer_room(out, c->size);
		if (!room)
			return; // send_units() checks `bad`
		memcpy(room, group_bytes(&u->g, c), c->size);
		out->size += c->size;
		out->arrays++;
	}
	redis_encode_array(out, 1);
	redis_encode_literal(out, "EXEC");
}

bool units_hold(const struct units *u, struct group_unit *unit)
{
	bool held = u->t.held[unit->slot] || u->t.stopped[unit->slot];

	if (held)
		unit->state = UNIT_HELD;
	else if (unit->state == UNIT_HELD)
		unit->state = UNIT_WAITING;
	return held;
}

// Encodes for one unit HGET of the number (`asks`), or its transaction if it is cleared. True if something was encoded.
static bool write_one(struct units *u, struct group_unit *unit, struct redis_buffer *out, bool asks)
{
	if (unit->state == UNIT_DONE || units_hold(u, unit) ||
		!(asks ? u->t.known[unit->slot] : unit->state == UNIT_CLEARED))
		return false;
	if (!asks) {
		write_unit(u, unit, out);
		return true;
	}
	unit->ask = 0;
	unit->state = count_needs(u, unit) ? UNIT_WAITING : UNIT_DONE;
	if (unit->state == UNIT_WAITING)
		topology_ask_number(&u->t, out, unit->slot, u->s);
	return unit->state == UNIT_WAITING;
}

// Encodes the commands for each node, and notes the order of the replies. Returns how many units get some.
static size_t write_units(struct units *u, bool asks)
{
	size_t len = 0;

	for (size_t n = 0; n < u->t.nodes_len; n++) {
		redis_buffer_clear(&u->t.nodes[n].out);
		u->order_len[n] = len;
		for (size_t i = 0; i < u->g.units_len; i++)
			if (u->t.owner[u->g.units[i].slot] == n &&
				write_one(u, &u->g.units[i], &u->t.nodes[n].out, asks))
				u->order[len++] = (uint16_t)i;
	}
	u->order_nodes = u->t.nodes_len;
	u->order_len[u->order_nodes] = len;
	return len;
}

static void send_units(struct units *u)
{
	for (size_t n = 0; n < u->t.nodes_len; n++) {
		struct cluster_node *node = &u->t.nodes[n];
		if (node->out.arrays == 0)
			continue;
		metrics_add(commands_sent, node->out.arrays);
		metrics_add(bytes_sent, node->out.size);
		if (node->out.bad)
			redis_conn_fail(&node->conn, REDIS_TROUBLE_MEMORY, "no memory to encode commands");
		if (!node->conn.link || redis_conn_write(&node->conn, node->out.bytes, node->out.size) != 0) {
			topology_fail(&u->t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
			topology_failed(&u->t, node);
		}
	}
}

// replies ──────────────────────────────────────────────────────────────────────────────────────

static void note_command(struct units *u, const struct group_command *c, uint32_t at)
{
	const struct redis_result *result = &u->results.at[at];
	const char *key = NULL;
	size_t key_len = 0;

	if (c->batch == GROUP_RIDERS) {
		follow_reply(&u->g.riders, c->index, result, &u->results.texts, at, u->s, &u->follow);
	} else if (c->index != GROUP_NONE) {
		apply_note_record(&u->g.batches[c->batch].records, c->index, result, u->s, u->zones, &u->follow);
	} else if (result->type == REDIS_REPLY_ERROR) {
		redis_encode_read(group_bytes(&u->g, c), &key, &key_len);
		apply_note_refused(result, key, key_len, &u->follow);
	}
}

// The unit was applied: passes the replies to records and riders, and notes the number of the slot.
static void note_unit(struct units *u, const struct cluster_node *node, struct group_unit *unit)
{
	const struct redis_result *hset = &u->results.at[0], *set = &u->results.at[1];
	uint64_t before = u->t.applied[unit->slot];
	uint32_t at = OWN_COMMANDS;

	for (uint32_t i = unit->head; i != GROUP_NONE; i = u->g.commands[i].next) {
		const struct group_command *c = &u->g.commands[i];
		if (group_needs(&u->g, unit, c, before) && at < u->results.len)
			note_command(u, c, at++);
	}
	if (before < u->g.last)
		u->t.applied[unit->slot] = u->g.last;
	// not known if the number was rejected, or had been removed: it is read before anything else is sent
	u->t.known[unit->slot] = hset->type == REDIS_REPLY_INTEGER && (hset->integer == 0 || before == 0) &&
				 set->type == REDIS_REPLY_STATUS;
	u->t.unnumbered[unit->slot] = set->type == REDIS_REPLY_ERROR ||
				      (hset->type == REDIS_REPLY_ERROR && hset->trouble != REDIS_TROUBLE_WRONGTYPE);
	topology_note_run(&u->t, unit->slot, node);
	unit->state = UNIT_DONE;
}

// The node rejected HGET or EXEC.
static void note_refused(struct units *u, const struct cluster_node *node, const char *what)
{
	const struct redis_results *r = &u->results;

	if (r->errors > 0)
		topology_fail(&u->t, r->trouble, "%s: %s: %.200s", node->address.text,
			redis_trouble_sentence[r->trouble], r->error);
	else
		topology_fail(&u->t, REDIS_TROUBLE_PROTOCOL, "%s: an unexpected answer to %s", node->address.text,
			what);
	stats_add(&redis_trouble_count[u->t.trouble], 1);
	u->moved = true;
}

// Reads the replies to one transaction. Returns 0, or -1 (closed).
static int read_unit(struct units *u, struct cluster_node *node, struct group_unit *unit)
{
	struct redis_results *r = &u->results;

	r->errors = 0;
	r->error[0] = '\0';
	redis_texts_keep(&r->texts, OWN_COMMANDS, OWN_COMMANDS + (unit->riders ? unit->sent : 0));
	for (uint32_t i = 0; i < unit->sent + OWN_COMMANDS + 2; i++) // MULTI HSET SET … EXEC
		if (redis_conn_read(&node->conn, r) != 0)
			return -1;
	if (r->top.type == REDIS_REPLY_ARRAY && r->len == unit->sent + OWN_COMMANDS)
		note_unit(u, node, unit);
	else
		note_refused(u, node, "EXEC");
	return 0;
}

// Reads the number of the slot and compares it. Returns 0, or -1 (closed).
static int read_ask(struct units *u, struct cluster_node *node, struct group_unit *unit)
{
	struct redis_results *r = &u->results;
	enum guard_kind kind;
	uint64_t number;

	r->errors = 0;
	r->error[0] = '\0';
	if (redis_conn_read(&node->conn, r) != 0)
		return -1;
	if (!guard_take(&r->top, &kind, &number)) {
		note_refused(u, node, "HGET");
		return 0;
	}
	if (topology_is_as_known(&u->t, unit->slot, kind, number)) {
		unit->state = UNIT_CLEARED;
		return 0;
	}
	u->t.known[unit->slot] = false; // read again before the next pass
	u->moved = true;
	topology_fail(&u->t, REDIS_TROUBLE_FENCED, "%s: another client changed the number of slot %u; reading it again",
		node->address.text, unit->slot);
	return 0;
}

// Redirected by ASK: the slot is being migrated, and its keys are on the other node.
static void note_ask(struct units *u, struct group_unit *unit)
{
	const struct cluster_node *node = topology_asked(&u->t, u->results.error);

	if (node)
		unit->ask = (uint8_t)(node - u->t.nodes + 1);
}

// Sends ASKING and `out`. ASKING is valid for one command, or for one transaction.
static int send_asking(struct units *u, struct cluster_node *node, struct redis_buffer *out)
{
	static const char ask[] = "*1\r\n$6\r\nASKING\r\n";

	if (out->bad || redis_conn_write(&node->conn, ask, sizeof(ask) - 1) != 0 ||
		redis_conn_write(&node->conn, out->bytes, out->size) != 0)
		return -1;
	redis_buffer_clear(out);
	return redis_conn_read(&node->conn, &u->results);
}

// After all other replies were read: sends the unit to the node that ASK named. If some of its keys are on no node yet, Redis
// replies TRYAGAIN until the migration ends.
static void follow_ask(struct units *u, struct group_unit *unit)
{
	struct cluster_node *node = &u->t.nodes[unit->ask - 1];
	struct redis_buffer out = {0};

	if (topology_connect(&u->t, node, u->s) != 0)
		return;
	unit->state = UNIT_WAITING;
	topology_ask_number(&u->t, &out, unit->slot, u->s);
	bool open = send_asking(u, node, &out) == 0 && read_ask(u, node, unit) == 0;
	if (open && unit->state == UNIT_CLEARED) {
		write_unit(u, unit, &out);
		open = send_asking(u, node, &out) == 0 && read_unit(u, node, unit) == 0;
	}
	if (!open) {
		topology_failed(&u->t, node);
		u->t.known[unit->slot] = false;
	}
	unit->tries += unit->state != UNIT_DONE;
	redis_buffer_free(&out);
}

// Handles the error of a unit that was not cleared or not applied. True for CLUSTERDOWN.
static bool note_error(struct units *u, struct group_unit *unit)
{
	const char *error = u->results.error;

	if (strncmp(error, "MOVED ", 6) == 0)
		u->t.fresh = false;
	else if (strncmp(error, "ASK ", 4) == 0)
		note_ask(u, unit);
	else if (strncmp(error, "TRYAGAIN", 8) == 0)
		unit->tries++;
	return topology_is_down(error);
}

static void read_node(struct units *u, size_t n, bool asks)
{
	struct cluster_node *node = &u->t.nodes[n];
	bool down = false;

	for (size_t i = u->order_len[n]; i < u->order_len[n + 1] && node->conn.link; i++) {
		struct group_unit *unit = &u->g.units[u->order[i]];
		if ((asks ? read_ask(u, node, unit) : read_unit(u, node, unit)) != 0) {
			topology_fail(&u->t, node->conn.trouble, "%s: %s", node->address.text, node->conn.why);
			topology_failed(&u->t, node);
			break;
		}
		if (unit->state != (asks ? UNIT_CLEARED : UNIT_DONE))
			down |= note_error(u, unit);
	}
	if (down)
		topology_failed(&u->t, node);
	if (!node->conn.link && u->order_len[n + 1] > u->order_len[n])
		u->moved = true;
}

// Sends to all nodes, then reads from all nodes.
static void exchange(struct units *u, bool asks)
{
	if (write_units(u, asks) == 0)
		return;
	send_units(u);
	for (size_t n = 0; n < u->order_nodes; n++)
		read_node(u, n, asks);
}

void units_pass(struct units *u)
{
	uint64_t from_ns = histogram_now();

	u->moved = false;
	exchange(u, true);
	exchange(u, false);
	histogram_since(&histogram_exec, from_ns);
	for (size_t i = 0; i < u->g.units_len; i++)
		if (u->g.units[i].ask != 0 && u->g.units[i].state != UNIT_DONE)
			follow_ask(u, &u->g.units[i]);
}
