// SPDX-License-Identifier: BSD-3-Clause
// Who else uses an address, or points to a name: counted first, then read in part, then first seen of each.
//
//     ZCOUNT ──► ZRANGEBYSCORE … LIMIT ──► more registered domains than are kept? shared ──► ZMSCORE first:<owner>
//
// Only members are read that were still seen when the walk's own names came, from the longest unseen on: what was there before is
// of no interest, and what came long after is at the end.
#include "collector/pivot/read.h"

#include "dataplane/common/fnv.h"

#include <stdlib.h>

enum { SLACK_S = 30 * PIVOT_DAY, MX_GUESSES = 8 };

struct member {
	uint32_t infra;
	const char *type, *owner; // in a reply; the type of a target
	uint32_t type_len, owner_len;
	int64_t last;
};

struct members {
	uint32_t infra[PIVOT_BATCH];
	size_t n;
	int64_t total[PIVOT_BATCH];
	redisReply *reply[PIVOT_BATCH];
	struct member *of; // owned
	size_t len;
};

static bool is_address(const struct pivot *p, uint32_t i)
{
	return p->node[i].roles == PIVOT_ADDRESS;
}

static void put_key(struct pivot *p, const char *command, unsigned arguments, uint32_t infra)
{
	const struct pivot_node *n = &p->node[infra];

	reader_command(&p->db->reader, arguments, command, is_address(p, infra) ? FAMILY_IP : FAMILY_RDATA, n->text,
		n->len);
}

// The earliest last sighting that is of interest.
static int64_t from_of(const struct pivot *p, uint32_t infra)
{
	int64_t from = INT64_MAX;

	for (uint32_t e = p->state[infra].first_to; e != PIVOT_NONE; e = p->link[e].next_to)
		from = p->edge[e].first < from ? p->edge[e].first : from;
	if (from == INT64_MAX || p->node[infra].is_indicator || from - SLACK_S < p->o.since)
		return p->o.since;
	return from - SLACK_S;
}

static int count(struct pivot *p, struct members *m)
{
	struct reader *r = &p->db->reader;

	reader_begin(r);
	for (size_t i = 0; i < m->n; i++) {
		put_key(p, "ZCOUNT", 4, m->infra[i]);
		redis_encode_uint(&r->out, (uint64_t)from_of(p, m->infra[i]));
		redis_encode_literal(&r->out, "+inf");
	}
	if (reader_send(r) != 0)
		return pivot_read_fail(p);
	for (size_t i = 0; i < m->n; i++) {
		redisReply *reply = reader_reply(r);
		if (!reply)
			return pivot_read_fail(p);
		m->total[i] = reader_number(reply);
		freeReplyObject(reply);
	}
	return 0;
}

static int read_members(struct pivot *p, struct members *m)
{
	struct reader *r = &p->db->reader;

	reader_begin(r);
	for (size_t i = 0; i < m->n; i++) {
		put_key(p, "ZRANGEBYSCORE", 8, m->infra[i]);
		redis_encode_uint(&r->out, (uint64_t)from_of(p, m->infra[i]));
		redis_encode_literal(&r->out, "+inf");
		redis_encode_literal(&r->out, "WITHSCORES");
		redis_encode_literal(&r->out, "LIMIT");
		redis_encode_literal(&r->out, "0");
		redis_encode_uint(&r->out, m->total[i] > PIVOT_MEMBERS_READ ? PIVOT_SAMPLE : PIVOT_MEMBERS_READ);
	}
	if (reader_send(r) != 0)
		return pivot_read_fail(p);
	for (size_t i = 0; i < m->n; i++)
		if (!(m->reply[i] = reader_reply(r)))
			return pivot_read_fail(p);
	return 0;
}

// --- how many registered domains

static int compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static const char *owner_of(const redisReply *member, bool address, size_t *len)
{
	const char *space = address ? NULL : memchr(member->str, ' ', member->len);
	const char *owner = space ? space + 1 : member->str;

	*len = member->len - (size_t)(owner - member->str);
	return owner;
}

static size_t count_domains(const struct pivot *p, const redisReply *reply, bool address)
{
	uint64_t hash[PIVOT_MEMBERS_READ];
	char domain[TEXT_NAME_SIZE];
	size_t n = 0, distinct = 0;

	for (size_t k = 0; k + 1 < reply->elements && n < PIVOT_MEMBERS_READ; k += 2) {
		size_t len, domain_len;
		const char *owner = owner_of(reply->element[k], address, &len);
		domain_len = pivot_graph_domain(p, owner, len, domain);
		hash[n++] = domain_len > 0 ? fnv64(p->seed, domain, domain_len) : fnv64(p->seed, owner, len);
	}
	qsort(hash, n, sizeof(*hash), compare_hashes);
	for (size_t k = 0; k < n; k++)
		distinct += k == 0 || hash[k] != hash[k - 1];
	return distinct;
}

// True if so many registered domains are there that nothing follows from it.
static bool is_heavy(struct pivot *p, uint32_t infra, const redisReply *reply, int64_t total)
{
	struct pivot_node *n = &p->node[infra];
	size_t read = reply->elements / 2, distinct = count_domains(p, reply, is_address(p, infra));
	size_t limit = is_address(p, infra) ? p->o.domains : p->o.zones;
	bool sampled = total > (int64_t)read;

	if (sampled) {
		n->stop = PIVOT_STOP_RECORDS;
		n->stop_number = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
	}
	if (distinct <= (sampled ? limit : PIVOT_HEAVY))
		return false;
	double estimate = (double)distinct * (double)total / (double)read;
	n->is_shared = true;
	n->stop = is_address(p, infra) ? PIVOT_STOP_DOMAINS : PIVOT_STOP_ZONES;
	n->stop_number = estimate > UINT32_MAX ? UINT32_MAX : (uint32_t)estimate;
	p->state[infra].heavy = true;
	p->state[infra].domains = n->stop_number;
	return !p->o.through_shared;
}

// --- first seen

static bool is_reverse(const char *name, size_t len)
{
	return len >= 5 && memcmp(name + len - 5, ".arpa", 5) == 0;
}

// Members to be asked for: those whose records the walk has not read itself.
static bool choose(struct pivot *p, struct members *m)
{
	size_t most = 0;

	for (size_t i = 0; i < m->n; i++)
		most += m->reply[i]->elements / 2;
	m->of = malloc((most + 1) * sizeof(*m->of));
	if (!m->of)
		return false;
	for (size_t i = 0; i < m->n; i++) {
		bool address = is_address(p, m->infra[i]);
		if (is_heavy(p, m->infra[i], m->reply[i], m->total[i]))
			continue;
		p->state[m->infra[i]].read = true;
		for (size_t k = 0; k + 1 < m->reply[i]->elements; k += 2) {
			const redisReply *reply = m->reply[i]->element[k];
			struct member one = {.infra = m->infra[i], .last = reader_number(m->reply[i]->element[k + 1])};
			size_t len;
			one.owner = owner_of(reply, address, &len);
			one.owner_len = (uint32_t)len;
			one.type = address ? (strchr(p->node[m->infra[i]].text, ':') ? "AAAA" : "A") : reply->str;
			one.type_len = (uint32_t)(address		    ? strlen(one.type)
						  : one.owner == reply->str ? 0
									    : reply->len - len - 1);
			if (pivot_read_role(one.type, one.type_len) == 0 || len >= TEXT_NAME_SIZE ||
				is_reverse(one.owner, len))
				continue;
			if (!pivot_read_may(p, 1))
				return true;
			m->of[m->len++] = one;
		}
	}
	return true;
}

// The preference of an MX record is not in the index: the usual ones are tried.
static void ask_first(struct pivot *p, const struct member *one)
{
	static const char *const guesses[MX_GUESSES] = {"10", "0", "5", "1", "20", "30", "50", "100"};
	struct reader *r = &p->db->reader;
	const struct pivot_node *n = &p->node[one->infra];
	char text[TEXT_TYPE_SIZE + TEXT_NAME_SIZE + 16];
	bool mx = one->type_len == 2 && memcmp(one->type, "MX", 2) == 0;

	reader_command(r, mx ? 2 + MX_GUESSES : 3, "ZMSCORE", FAMILY_FIRST, one->owner, one->owner_len);
	for (size_t i = 0; i < (mx ? MX_GUESSES : 1); i++) {
		size_t len = one->type_len < TEXT_TYPE_SIZE ? one->type_len : 0;
		memcpy(text, one->type, len);
		text[len++] = ' ';
		if (mx) {
			memcpy(text + len, guesses[i], strlen(guesses[i]));
			len += strlen(guesses[i]);
			text[len++] = ' ';
		}
		memcpy(text + len, n->text, n->len);
		redis_encode_bulk(&r->out, text, len + n->len);
	}
}

static void add_member(struct pivot *p, const struct member *one, const redisReply *firsts)
{
	int64_t first = one->last;

	for (size_t k = 0; k < firsts->elements; k++)
		if (firsts->element[k]->type == REDIS_REPLY_STRING && reader_number(firsts->element[k]) < first)
			first = reader_number(firsts->element[k]);
	if (first > p->o.until)
		return;
	uint32_t name = pivot_graph_name(p, one->owner, one->owner_len, PIVOT_NAME);
	if (name != PIVOT_NONE && name != one->infra)
		pivot_graph_edge(p, name, one->infra, one->type, one->type_len, first, one->last);
}

static int read_firsts(struct pivot *p, const struct members *m)
{
	struct reader *r = &p->db->reader;

	for (size_t at = 0, n; at < m->len; at += n) {
		n = m->len - at < PIVOT_MEMBERS_READ ? m->len - at : PIVOT_MEMBERS_READ;
		reader_begin(r);
		for (size_t i = at; i < at + n; i++)
			ask_first(p, &m->of[i]);
		if (reader_send(r) != 0)
			return pivot_read_fail(p);
		for (size_t i = at; i < at + n; i++) {
			redisReply *reply = reader_reply(r);
			if (!reply)
				return pivot_read_fail(p);
			add_member(p, &m->of[i], reply);
			freeReplyObject(reply);
		}
	}
	return 0;
}

int pivot_read_members(struct pivot *p)
{
	struct members m = {.n = 0};
	int result = 0;

	m.n = pivot_read_take(p, &p->members, 2, m.infra);
	for (size_t i = 0; i < m.n; i++) // what is listed is not read
		while (i < m.n && p->state[m.infra[i]].is_listed && !p->o.through_shared) {
			p->node[m.infra[i]].is_shared = true;
			m.infra[i] = m.infra[--m.n];
		}
	if (m.n > 0)
		result = count(p, &m) == 0 && read_members(p, &m) == 0 ? 0 : -1;
	if (result == 0 && m.n > 0) {
		if (!choose(p, &m)) {
			p->no_memory = true;
			result = pivot_read_fail(p);
		} else {
			result = read_firsts(p, &m);
		}
	}
	free(m.of);
	for (size_t i = 0; i < m.n; i++)
		if (m.reply[i])
			freeReplyObject(m.reply[i]);
	return result;
}
