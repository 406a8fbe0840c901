// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/case.h"

#include "collector/context/context.h"
#include "collector/question/name.h"
#include "collector/redis/families.h"
#include "collector/schema/keys.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool watch_cases_add(struct watch_cases *cases, const struct watch_case *c)
{
	if (cases->len == cases->capacity) {
		size_t capacity = cases->capacity ? 2 * cases->capacity : 64;
		struct watch_case *more = realloc(cases->at, capacity * sizeof(*more));
		if (!more)
			return false;
		cases->at = more;
		cases->capacity = capacity;
	}
	cases->at[cases->len++] = *c;
	return true;
}

void watch_cases_free(struct watch_cases *cases)
{
	free(cases->at);
	*cases = (struct watch_cases){.len = 0};
}

static bool is_one_of(const struct watch_record *r, const char *const types[], size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strlen(types[i]) == r->type_len && memcmp(types[i], r->type, r->type_len) == 0)
			return true;
	return false;
}

static bool is_address(const struct watch_record *r)
{
	static const char *const types[] = {"A", "AAAA"};

	return is_one_of(r, types, 2);
}

bool watch_is_guarded(const struct watch_record *r)
{
	static const char *const types[] = {"NS", "A", "AAAA", "MX", "CNAME", "CAA", "DS"}, *const text[] = {"TXT"};
	static const char spf[] = "\"v=spf1";

	if (is_one_of(r, text, 1))
		return r->rdata_len >= sizeof(spf) - 1 && strncasecmp(r->rdata, spf, sizeof(spf) - 1) == 0;
	return is_one_of(r, types, sizeof(types) / sizeof(*types));
}

size_t watch_registered(const struct zone_list *zones, const char *name, size_t len, char out[static TEXT_NAME_SIZE])
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = query_name_wire(name, len, wire);

	if (size == 0)
		return 0;
	size_t at = zone_find(zones, wire, size);
	return text_name(wire + at, size - at, out);
}

// networks ─────────────────────────────────────────────────────────────────────────────────────

// The network, AS or country of an address, as the rule compares them. False if it is not known.
static bool find_network(const struct watch_view *v, enum watch_moved by, const char *text, size_t len, char out[64])
{
	struct context_address about;
	uint8_t address[16];
	char plain[INET6_ADDRSTRLEN];

	if (len >= sizeof(plain))
		return false;
	memcpy(plain, text, len);
	plain[len] = '\0';
	size_t size = query_address(plain, address);
	if (size == 0)
		return false;
	context_of_address(v->context, address, size, &about);
	if (by == WATCH_MOVED_ASN && about.asn > 0) {
		snprintf(out, 64, "AS%u", about.asn);
		return true;
	}
	if (by == WATCH_MOVED_COUNTRY) {
		snprintf(out, 64, "%s", about.country);
		return about.country[0] != '\0';
	}
	if (by == WATCH_MOVED_NETWORK)
		return schema_net_text(address, size, out) > 0;
	return false;
}

// Appends a word to the list of what was expected, once, if there is room.
static void note_expected(struct watch_case *c, const char *text, size_t len)
{
	size_t n = strlen(c->expected);

	if (n + len + 3 >= sizeof(c->expected) || memmem(c->expected, n, text, len))
		return;
	snprintf(c->expected + n, sizeof(c->expected) - n, "%s%.*s", n > 0 ? ", " : "", (int)len, text);
}

// cases ────────────────────────────────────────────────────────────────────────────────────────

bool watch_case_fits(struct watch_case *c, const struct watch_view *v)
{
	static const char *const servers[] = {"NS", "MX"};
	const struct watch_rule *rule = watch_set_rule(v->set, c->rule);

	c->is_news = c->learned = false;
	c->asked = 0;
	c->names = 0;
	c->expected[0] = c->network[0] = c->zone[0] = '\0';
	switch (c->kind) {
	case WATCH_NEWS_NEW:
		return c->is_news = true;
	case WATCH_NEWS_AGAIN:
		return c->is_news = c->before > 0 && c->last - c->before >= rule->again_s;
	case WATCH_NEWS_MOVED:
		return is_address(&c->record) &&
		       find_network(v, rule->moved, c->record.rdata, c->record.rdata_len, c->network);
	case WATCH_NEWS_CHANGED:
		return is_one_of(&c->record, servers, 2);
	case WATCH_NEWS_BURST:
		if (c->zone_at != SIZE_MAX)
			snprintf(c->zone, sizeof(c->zone), "%.*s", (int)(c->record.name_len - c->zone_at),
				c->record.name + c->zone_at);
		return c->zone[0] || watch_registered(v->zones, c->record.name, c->record.name_len, c->zone) > 0;
	default:
		return watch_is_guarded(&c->record) &&
		       watch_registered(v->zones, c->record.name, c->record.name_len, c->zone) > 0;
	}
}

static void put_expected(const struct watch_case *c, struct reader *r, const char *command, unsigned arguments)
{
	reader_command(r, arguments, command, FAMILY_WATCH_EXPECTED, c->zone, strlen(c->zone));
}

// "<owner> <TYPE> <rdata>" in `head` and `tail`; lengths in `*head_len`.
static void put_member(const struct watch_case *c, struct reader *r)
{
	const struct watch_record *record = &c->record;
	char head[TEXT_NAME_SIZE + TEXT_TYPE_SIZE + 4];
	int len = snprintf(head, sizeof(head), "%.*s %.*s ", (int)record->name_len, record->name, (int)record->type_len,
		record->type);

	redis_encode_bulk2(&r->out, head, (size_t)len, record->rdata, record->rdata_len);
}

// Is the record expected, and what are the expected records of its owner and type?
static void ask_expected(struct watch_case *c, struct reader *r)
{
	const struct watch_record *record = &c->record;
	char from[TEXT_NAME_SIZE + TEXT_TYPE_SIZE + 8], to[sizeof(from)];

	snprintf(from, sizeof(from), "[%.*s %.*s ", (int)record->name_len, record->name, (int)record->type_len,
		record->type);
	snprintf(to, sizeof(to), "(%.*s %.*s!", (int)record->name_len, record->name, (int)record->type_len,
		record->type);
	put_expected(c, r, "ZSCORE", 3);
	put_member(c, r);
	put_expected(c, r, "ZRANGEBYLEX", 7);
	redis_encode_text(&r->out, from);
	redis_encode_text(&r->out, to);
	redis_encode_literal(&r->out, "LIMIT");
	redis_encode_literal(&r->out, "0");
	redis_encode_uint(&r->out, WATCH_EARLIER_MAX);
	c->asked = 2;
}

static void ask_earlier(struct watch_case *c, struct reader *r, unsigned len)
{
	reader_command(r, 5, "ZRANGE", FAMILY_FIRST, c->record.name, c->record.name_len);
	redis_encode_literal(&r->out, "0");
	redis_encode_uint(&r->out, len - 1);
	redis_encode_literal(&r->out, "WITHSCORES");
	c->asked = 1;
}

static size_t burst_key(const struct watch_case *c, const struct watch_view *v, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s:%s", watch_set_rule(v->set, c->rule)->name, c->zone);
}

// Adds the name to the new ones of its zone, and counts those of the time before.
static void ask_burst(struct watch_case *c, const struct watch_view *v)
{
	const struct watch_rule *rule = watch_set_rule(v->set, c->rule);
	struct reader *r = v->reader;
	char key[WATCH_NAME_SIZE + TEXT_NAME_SIZE], number[32];
	size_t len = burst_key(c, v, key, sizeof(key));

	reader_command(r, 4, "ZADD", FAMILY_WATCH_BURST, key, len);
	redis_encode_uint(&r->out, (uint64_t)c->first);
	redis_encode_bulk(&r->out, c->record.name, c->record.name_len);
	reader_command(r, 4, "ZREMRANGEBYSCORE", FAMILY_WATCH_BURST, key, len);
	redis_encode_literal(&r->out, "-inf");
	redis_encode_text(&r->out, (snprintf(number, sizeof(number), "(%" PRId64, c->first - rule->burst_s), number));
	reader_command(r, 4, "ZREMRANGEBYRANK", FAMILY_WATCH_BURST, key, len);
	redis_encode_literal(&r->out, "0");
	redis_encode_text(&r->out, (snprintf(number, sizeof(number), "-%u", 2 * rule->burst + 1), number));
	reader_command(r, 2, "ZCARD", FAMILY_WATCH_BURST, key, len);
	reader_command(r, 3, "EXPIRE", FAMILY_WATCH_BURST, key, len);
	redis_encode_uint(&r->out, 2ull * rule->burst_s);
	c->asked = 5;
}

void watch_case_ask(struct watch_case *c, const struct watch_view *v, unsigned turn)
{
	c->asked = 0;
	if (turn == 0 && (c->kind == WATCH_NEWS_MOVED || c->kind == WATCH_NEWS_CHANGED))
		ask_earlier(c, v->reader, WATCH_EARLIER_MAX);
	else if (turn == 0 && c->kind == WATCH_NEWS_BURST)
		ask_earlier(c, v->reader, 1);
	else if (turn == 0 && c->kind == WATCH_NEWS_TAMPER)
		ask_expected(c, v->reader);
	else if (turn == 1 && c->kind == WATCH_NEWS_BURST && c->is_news)
		ask_burst(c, v);
	else if (turn == 1 && c->learned) {
		put_expected(c, v->reader, "ZADD", 4);
		redis_encode_literal(&v->reader->out, "0");
		put_member(c, v->reader);
		c->asked = 1;
	}
}

// answers ──────────────────────────────────────────────────────────────────────────────────────

static bool has_type(const redisReply *member, const struct watch_record *r)
{
	return member->len > r->type_len && member->str[r->type_len] == ' ' &&
	       memcmp(member->str, r->type, r->type_len) == 0;
}

// Addresses, name servers or mail servers of the owner that were seen before this one.
static void take_earlier(struct watch_case *c, const struct watch_view *v, const redisReply *reply)
{
	static const struct watch_record kinds[] = {{.type = "A", .type_len = 1}, {.type = "AAAA", .type_len = 4}};
	bool same = false;

	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const redisReply *member = reply->element[i];
		char network[64];
		if (reader_number(reply->element[i + 1]) >= c->first)
			continue;
		if (c->kind == WATCH_NEWS_CHANGED && has_type(member, &c->record)) {
			size_t skip = c->record.type_len + 1;
			same |= member->len - skip == c->record.rdata_len &&
				memcmp(member->str + skip, c->record.rdata, c->record.rdata_len) == 0;
			note_expected(c, member->str + skip, member->len - skip);
		}
		for (int k = 0; k < 2 && c->kind == WATCH_NEWS_MOVED; k++) {
			size_t skip = kinds[k].type_len + 1;
			if (!has_type(member, &kinds[k]) || kinds[k].type_len != c->record.type_len ||
				!find_network(v, watch_set_rule(v->set, c->rule)->moved, member->str + skip,
					member->len - skip, network))
				continue;
			same |= strcmp(network, c->network) == 0;
			note_expected(c, network, strlen(network));
		}
	}
	c->is_news = !same && c->expected[0];
}

static void take_expected(struct watch_case *c, const struct watch_view *v, const redisReply *score,
	const redisReply *members)
{
	if (score->type == REDIS_REPLY_STRING)
		return;
	if (watch_learn_covers(&v->learn[c->rule], watch_set_rule(v->set, c->rule), (uint64_t)c->first,
		    (uint64_t)c->last, v->now_s)) {
		c->learned = true;
		return;
	}
	c->is_news = true;
	for (size_t i = 0; i < members->elements; i++) {
		size_t skip = c->record.name_len + c->record.type_len + 2;
		if (members->element[i]->len > skip)
			note_expected(c, members->element[i]->str + skip, members->element[i]->len - skip);
	}
}

int watch_case_take(struct watch_case *c, const struct watch_view *v, unsigned turn)
{
	redisReply *replies[8] = {NULL};
	unsigned len = 0;

	while (len < c->asked && (replies[len] = reader_reply(v->reader)) != NULL)
		len++;
	bool good = len == c->asked;
	if (good && len > 0) {
		if (c->kind == WATCH_NEWS_BURST && turn == 0)
			c->is_news = replies[0]->elements < 2 || reader_number(replies[0]->element[1]) >= c->first;
		else if (c->kind == WATCH_NEWS_BURST)
			c->is_news = (c->names = (uint64_t)reader_number(replies[3])) >
				     watch_set_rule(v->set, c->rule)->burst;
		else if (c->kind == WATCH_NEWS_TAMPER && turn == 0)
			take_expected(c, v, replies[0], replies[1]);
		else if (turn == 0)
			take_earlier(c, v, replies[0]);
	}
	for (unsigned i = 0; i < len; i++)
		freeReplyObject(replies[i]);
	return good ? 0 : -1;
}
