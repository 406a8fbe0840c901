// SPDX-License-Identifier: BSD-3-Clause
// From nodes to Redis and back: one batch of a phase in a few round trips. A set of any size costs no more than a bounded read.
#include "collector/pivot/read.h"

#include <stdarg.h>
#include <stdio.h>

int pivot_read_fail(struct pivot *p)
{
	snprintf(p->why, sizeof(p->why), "%s", p->no_memory ? "out of memory" : p->db->reader.why);
	return -1;
}

bool pivot_read_may(struct pivot *p, size_t commands)
{
	if (p->spent == PIVOT_STOP_COMMANDS || p->spent == PIVOT_STOP_TIME)
		return false;
	if (p->commands + commands > p->o.commands) {
		p->spent = PIVOT_STOP_COMMANDS;
		return false;
	}
	p->commands += commands;
	return true;
}

// The next nodes of a queue, at most a batch; fewer if a bound is reached: the others are marked with it.
size_t pivot_read_take(struct pivot *p, struct pivot_queue *q, size_t commands, uint32_t out[static PIVOT_BATCH])
{
	size_t n = 0;

	while (n < PIVOT_BATCH && q->pos < q->len && pivot_read_may(p, commands))
		out[n++] = q->at[q->pos++];
	for (; n < PIVOT_BATCH && q->pos < q->len; q->pos++)
		if (p->node[q->at[q->pos]].stop == PIVOT_WALKED)
			p->node[q->at[q->pos]].stop = (uint8_t)p->spent;
	return n;
}

// --- names of registered domains

static void add_host(struct pivot *p, uint32_t domain, const redisReply *member, int64_t first)
{
	uint32_t name = pivot_graph_name(p, member->str, member->len, PIVOT_NAME);

	if (name == PIVOT_NONE || name == domain)
		return;
	if (p->state[name].entity == domain)
		pivot_graph_edge(p, name, domain, "zone", 4, first, first);
}

static void take_zone(struct pivot *p, uint32_t domain, const redisReply *number, const redisReply *members)
{
	struct pivot_node *n = &p->node[domain];
	int64_t hosts = reader_number(number);

	if (hosts > PIVOT_NAMES_READ) {
		n->stop = PIVOT_STOP_HOSTS;
		n->stop_number = hosts > UINT32_MAX ? UINT32_MAX : (uint32_t)hosts;
	}
	n->is_shared = hosts > PIVOT_HOSTS_SHARED && !n->is_indicator;
	if (n->is_shared && !p->o.through_shared)
		return;
	for (size_t i = 0; i + 1 < members->elements; i += 2)
		if (reader_number(members->element[i + 1]) <= p->o.until)
			add_host(p, domain, members->element[i], reader_number(members->element[i + 1]));
}

int pivot_read_zones(struct pivot *p)
{
	struct reader *r = &p->db->reader;
	uint32_t batch[PIVOT_BATCH];
	size_t n = pivot_read_take(p, &p->zones, 2, batch);
	int result = 0;

	reader_begin(r);
	for (size_t i = 0; i < n; i++) {
		const struct pivot_node *d = &p->node[batch[i]];
		reader_command(r, 2, "ZCARD", FAMILY_ZONE, d->text, d->len);
		reader_command(r, 5, "ZRANGE", FAMILY_ZONE, d->text, d->len);
		redis_encode_literal(&r->out, "0");
		redis_encode_uint(&r->out, PIVOT_NAMES_READ - 1);
		redis_encode_literal(&r->out, "WITHSCORES");
	}
	if (reader_send(r) != 0)
		return pivot_read_fail(p);
	for (size_t i = 0; i < n && result == 0; i++) {
		redisReply *number = reader_reply(r), *members = number ? reader_reply(r) : NULL;
		if (members)
			take_zone(p, batch[i], number, members);
		else
			result = pivot_read_fail(p);
		if (number)
			freeReplyObject(number);
		if (members)
			freeReplyObject(members);
	}
	return result;
}

// --- records of names

// The role of what a record of a type points to; 0: the walk does not follow it.
static unsigned role_of_type(const char *type, size_t len)
{
	static const struct {
		const char *type;
		unsigned role;
	} roles[] = {{"A", PIVOT_ADDRESS}, {"AAAA", PIVOT_ADDRESS}, {"NS", PIVOT_NS}, {"MX", PIVOT_MX},
		{"CNAME", PIVOT_NAME}, {"DNAME", PIVOT_NAME}, {"SRV", PIVOT_NAME}, {"SVCB", PIVOT_NAME},
		{"HTTPS", PIVOT_NAME}};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (strlen(roles[i].type) == len && memcmp(roles[i].type, type, len) == 0)
			return roles[i].role;
	return 0;
}

unsigned pivot_read_role(const char *type, size_t len)
{
	return role_of_type(type, len);
}

// The node that a record "<TYPE> <rdata>" points to.
static uint32_t target_of(struct pivot *p, const redisReply *member, size_t *type_len)
{
	const char *space = memchr(member->str, ' ', member->len), *target;

	if (!space)
		return PIVOT_NONE;
	*type_len = (size_t)(space - member->str);
	unsigned role = role_of_type(member->str, *type_len);
	size_t rest = member->len - *type_len - 1;
	uint8_t address[16];
	if (role == PIVOT_ADDRESS) // "\# 0" in a flood is none
		return rest < TEXT_ADDRESS_SIZE && query_address(space + 1, address) > 0
			       ? pivot_graph_address(p, space + 1, rest)
			       : PIVOT_NONE;
	size_t len = role ? text_target(member->str, *type_len, space + 1, rest, &target) : 0;
	return len > 0 && len < TEXT_NAME_SIZE ? pivot_graph_name(p, target, len, role) : PIVOT_NONE;
}

static void add_record(struct pivot *p, uint32_t name, const redisReply *member, int64_t first, int64_t last)
{
	size_t type_len = 0;

	if (first > p->o.until)
		return;
	uint32_t to = target_of(p, member, &type_len);
	if (to == PIVOT_NONE || to == name)
		return;
	pivot_graph_edge(p, name, to, member->str, type_len, first, last);
	struct pivot_state *s = &p->state[to];
	s->is_infra = true;
	if (!s->queued_members) {
		s->queued_members = true;
		pivot_queue_add(p, &p->members, to);
	}
}

static size_t record_members(const redisReply *reply)
{
	return reply->elements / 2;
}

// Frees the records that the walk does not follow: TXT records of others may be large. Notes if there may be more of them.
static void prune(struct pivot *p, uint32_t name, redisReply *reply)
{
	size_t kept = 0;

	if (record_members(reply) == PIVOT_RECORDS_READ && p->node[name].stop == PIVOT_WALKED) {
		p->node[name].stop = PIVOT_STOP_RECORDS;
		p->node[name].stop_number = PIVOT_RECORDS_READ;
	}
	for (size_t k = 0; k + 1 < reply->elements; k += 2) {
		const char *text = reply->element[k]->str, *space = memchr(text, ' ', reply->element[k]->len);
		if (space && pivot_read_role(text, (size_t)(space - text)) != 0) {
			reply->element[kept++] = reply->element[k];
			reply->element[kept++] = reply->element[k + 1];
		} else {
			freeReplyObject(reply->element[k]);
			freeReplyObject(reply->element[k + 1]);
		}
	}
	reply->elements = kept;
}

// First seen of all members of the replies, with one command each.
static int ask_firsts(struct pivot *p, const uint32_t *batch, redisReply *const *reply, size_t n)
{
	struct reader *r = &p->db->reader;

	reader_begin(r);
	for (size_t i = 0; i < n; i++) {
		const struct pivot_node *name = &p->node[batch[i]];
		if (record_members(reply[i]) == 0)
			continue;
		reader_command(r, 2 + (unsigned)record_members(reply[i]), "ZMSCORE", FAMILY_FIRST, name->text,
			name->len);
		for (size_t k = 0; k < reply[i]->elements; k += 2)
			redis_encode_bulk(&r->out, reply[i]->element[k]->str, reply[i]->element[k]->len);
	}
	return reader_send(r);
}

static int64_t first_of(const redisReply *firsts, size_t k, int64_t last)
{
	bool known = k < firsts->elements && firsts->element[k]->type == REDIS_REPLY_STRING;
	int64_t first = known ? reader_number(firsts->element[k]) : last;

	return first < last ? first : last;
}

static int take_records(struct pivot *p, const uint32_t *batch, redisReply *const *reply, size_t n)
{
	if (ask_firsts(p, batch, reply, n) != 0)
		return pivot_read_fail(p);
	for (size_t i = 0; i < n; i++) {
		if (record_members(reply[i]) == 0)
			continue;
		redisReply *firsts = reader_reply(&p->db->reader);
		if (!firsts)
			return pivot_read_fail(p);
		for (size_t k = 0; k < record_members(reply[i]); k++) {
			int64_t last = reader_number(reply[i]->element[2 * k + 1]);
			add_record(p, batch[i], reply[i]->element[2 * k], first_of(firsts, k, last), last);
		}
		freeReplyObject(firsts);
	}
	return 0;
}

int pivot_read_records(struct pivot *p)
{
	struct reader *r = &p->db->reader;
	uint32_t batch[PIVOT_BATCH];
	redisReply *reply[PIVOT_BATCH] = {NULL};
	size_t n = pivot_read_take(p, &p->records, 2, batch);
	int result = 0;

	reader_begin(r);
	for (size_t i = 0; i < n; i++) {
		reader_command(r, 8, "ZREVRANGEBYSCORE", FAMILY_NAME, p->node[batch[i]].text, p->node[batch[i]].len);
		redis_encode_literal(&r->out, "+inf");
		redis_encode_uint(&r->out, (uint64_t)p->o.since);
		redis_encode_literal(&r->out, "WITHSCORES");
		redis_encode_literal(&r->out, "LIMIT");
		redis_encode_literal(&r->out, "0");
		redis_encode_uint(&r->out, PIVOT_RECORDS_READ);
	}
	if (reader_send(r) != 0)
		return pivot_read_fail(p);
	for (size_t i = 0; i < n && result == 0; i++)
		if (!(reply[i] = reader_reply(r)))
			result = pivot_read_fail(p);
		else
			prune(p, batch[i], reply[i]);
	if (result == 0)
		result = take_records(p, batch, reply, n);
	for (size_t i = 0; i < n; i++)
		if (reply[i])
			freeReplyObject(reply[i]);
	return result;
}
