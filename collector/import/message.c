// SPDX-License-Identifier: BSD-3-Clause
// Which answers of a DNS message are believed: those of the name in the question, and of the names that CNAMEs of the same
// message reach from it, in any order.
#include "collector/import/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { ANSWERS_MAX = 4096, REPEATED_MAX = 256, CHAIN_MAX = 16, TYPE_CNAME = 5, TYPE_DNAME = 39, ROOM = 4 << 20 };

// Offsets are into `room`, where each text ends with a zero.
struct import_answer {
	uint32_t owner, rdata;
	uint16_t owner_len, type;
};

struct import_message {
	struct import_answer answers[ANSWERS_MAX];
	size_t len;
	char *room;
	size_t used;
	uint32_t last; // owner of what follows the aliases
	uint16_t last_len;
	struct {
		uint32_t at;
		uint16_t len;
	} chain[CHAIN_MAX]; // names that are reached; the first is that of the question
	size_t chain_len;
};

struct import_message *import_message_new(void)
{
	struct import_message *m = calloc(1, sizeof(*m));

	if (m && !(m->room = malloc(ROOM))) {
		free(m);
		return NULL;
	}
	return m;
}

void import_message_free(struct import_message *m)
{
	if (m)
		free(m->room);
	free(m);
}

// Keeps a text; its offset, or UINT32_MAX if there is no room.
static uint32_t keep(struct import_message *m, const char *text, size_t len)
{
	if (len + 1 > ROOM - m->used)
		return UINT32_MAX;
	uint32_t at = (uint32_t)m->used;
	memcpy(m->room + at, text, len);
	m->room[at + len] = '\0';
	m->used += len + 1;
	return at;
}

bool import_message_begin(struct import_unit *u, const char *what, const char *qname)
{
	struct import_message *m = u->message;

	m->len = m->used = m->chain_len = 0;
	if (!import_owner(u, what, qname))
		return false;
	m->last = m->chain[0].at = keep(m, u->owner, u->owner_len);
	m->last_len = m->chain[0].len = (uint16_t)u->owner_len;
	m->chain_len = 1;
	return true;
}

static bool add(struct import_unit *u, uint32_t owner, uint16_t owner_len, uint16_t type, const char *rdata)
{
	struct import_message *m = u->message;
	uint32_t at = keep(m, rdata, strlen(rdata));

	if (owner == UINT32_MAX || at == UINT32_MAX || m->len == ANSWERS_MAX)
		return import_refuse(u, "answers: found more than %d, or more than 4 MiB", ANSWERS_MAX);
	m->answers[m->len++] =
		(struct import_answer){.owner = owner, .rdata = at, .owner_len = owner_len, .type = type};
	return true;
}

bool import_message_add(struct import_unit *u, const char *owner, uint16_t type, const char *rdata)
{
	if (!rdata)
		return import_refuse(u, "rdata: expected a text");
	if (!import_owner(u, "owner", owner))
		return false;
	return add(u, keep(u->message, u->owner, u->owner_len), (uint16_t)u->owner_len, type, rdata);
}

bool import_message_add_alias(struct import_unit *u, const char *target)
{
	struct import_message *m = u->message;

	if (!add(u, m->last, m->last_len, TYPE_CNAME, target) || !import_owner(u, "answer", target))
		return false;
	m->last = keep(m, u->owner, u->owner_len);
	m->last_len = (uint16_t)u->owner_len;
	return m->last != UINT32_MAX;
}

bool import_message_add_last(struct import_unit *u, uint16_t type, const char *rdata)
{
	return add(u, u->message->last, u->message->last_len, type, rdata);
}

static bool is_reached(const struct import_message *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->chain_len; i++)
		if (m->chain[i].len == len && memcmp(m->room + m->chain[i].at, name, len) == 0)
			return true;
	return false;
}

// A DNAME answers for the names below its owner.
static bool is_above(const struct import_message *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->chain_len; i++)
		if (query_name_is_below(name, len, m->room + m->chain[i].at, m->chain[i].len))
			return true;
	return false;
}

static bool is_believed(const struct import_message *m, const struct import_answer *a)
{
	const char *owner = m->room + a->owner;

	return is_reached(m, owner, a->owner_len) || (a->type == TYPE_DNAME && is_above(m, owner, a->owner_len));
}

// Follows the CNAMEs from the question, at most CHAIN_MAX names.
static void follow(struct import_unit *u)
{
	struct import_message *m = u->message;
	char target[TEXT_NAME_SIZE];

	for (bool more = true; more && m->chain_len < CHAIN_MAX;) {
		more = false;
		for (size_t i = 0; i < m->len && m->chain_len < CHAIN_MAX; i++) {
			const struct import_answer *a = &m->answers[i];
			if (a->type != TYPE_CNAME || !is_reached(m, m->room + a->owner, a->owner_len))
				continue;
			const char *text = m->room + a->rdata;
			size_t len = query_name_of(text, strlen(text), target);
			uint32_t at = len > 0 && !is_reached(m, target, len) ? keep(m, target, len) : UINT32_MAX;
			if (at == UINT32_MAX)
				continue;
			m->chain[m->chain_len].at = at;
			m->chain[m->chain_len++].len = (uint16_t)len;
			more = true;
		}
	}
}

static bool is_repeated(const struct import_message *m, size_t n)
{
	const struct import_answer *a = &m->answers[n];

	for (size_t i = 0; i < n && n < REPEATED_MAX; i++) {
		const struct import_answer *b = &m->answers[i];
		if (a->type == b->type && a->owner_len == b->owner_len &&
			memcmp(m->room + a->owner, m->room + b->owner, a->owner_len) == 0 &&
			strcasecmp(m->room + a->rdata, m->room + b->rdata) == 0 &&
			(a->type != 16 || strcmp(m->room + a->rdata, m->room + b->rdata) == 0))
			return true;
	}
	return false;
}

void import_message_end(struct import_unit *u)
{
	const struct import_message *m = u->message;

	follow(u);
	for (size_t i = 0; i < m->len && !u->result.stopped; i++) {
		const struct import_answer *a = &m->answers[i];
		if (!is_believed(m, a)) {
			import_pass(u);
			continue;
		}
		if (is_repeated(m, i) || !import_type_of(u, a->type))
			continue;
		memcpy(u->owner, m->room + a->owner, (size_t)a->owner_len + 1);
		u->owner_len = a->owner_len;
		import_emit(u, m->room + a->rdata);
	}
}

bool import_message_is_answer(const char *rcode)
{
	return !rcode || strcasecmp(rcode, "NOERROR") == 0 || strcasecmp(rcode, "NXDOMAIN") == 0 ||
	       strcmp(rcode, "0") == 0 || strcmp(rcode, "3") == 0;
}

bool import_message_is_local(const char *port)
{
	return port && (strcmp(port, "5353") == 0 || strcmp(port, "5355") == 0 || strcmp(port, "137") == 0);
}
