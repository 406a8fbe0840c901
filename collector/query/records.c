// SPDX-License-Identifier: BSD-3-Clause
// From keys to records: what the sorted sets hold, then first seen and count of each.
//
//     name:<owner>    members <TYPE> <rdata>      the record itself
//     ip:<address>    members <owner>             A or AAAA with that address
//     rdata:<target>  members <TYPE> <owner>      the RDATA is the target (NS, CNAME, …), or it is
//                                                 looked up among the owner's records (MX, SRV, …)
#include "collector/query/records.h"

#include "collector/query/rname.h"
#include "collector/query/scores.h"

#include "collector/schema/keys.h"

#include <stdlib.h>

enum { RESOLVE_MAX = 100000 };

// Room for `n` octets of text; NULL (and bad) without memory.
static char *text_room(struct query_page *p, size_t n)
{
	char *at = redis_buffer_room(&p->text, n);

	if (!at)
		p->bad = true;
	return at;
}

// Appends text; returns its offset.
static uint32_t put_text(struct query_page *p, const char *text, size_t len)
{
	char *at = text_room(p, len);

	if (!at)
		return 0;
	memcpy(at, text, len);
	p->text.size += len;
	return (uint32_t)(p->text.size - len);
}

static void add_item(struct query_page *p, const struct query_item *item)
{
	if (p->bad)
		return;
	if (p->len == p->capacity) {
		size_t capacity = p->capacity ? 2 * p->capacity : 256;
		struct query_item *grown = realloc(p->item, capacity * sizeof(*grown));
		if (!grown) {
			p->bad = true;
			return;
		}
		p->item = grown;
		p->capacity = capacity;
	}
	p->item[p->len++] = *item;
}

static bool is_last_wanted(const struct query *q, int64_t last)
{
	return last >= q->last_after && last <= q->last_before;
}

// A member of name:<owner>, whose text is in the page at `owner`.
static void add_of_name(struct query_run *run, uint32_t owner, size_t owner_len, const redisReply *member, int64_t last)
{
	struct query_page *p = &run->page;
	const char *space = memchr(member->str, ' ', member->len);
	size_t type_len = space ? (size_t)(space - member->str) : member->len;

	if (!is_last_wanted(&run->q, last) || !query_has_type(&run->q, member->str, type_len) ||
		(run->rnames && !query_rname_is_wanted(run, member->str, member->len)))
		return;
	struct query_item item = {.owner = owner,
		.owner_len = (uint32_t)owner_len,
		.member_len = (uint32_t)member->len,
		.type_len = (uint32_t)type_len,
		.last = last};
	item.member = put_text(p, member->str, member->len);
	add_item(p, &item);
}

// A record put together: owner, type, RDATA.
static void add_made(struct query_run *run, const char *owner, size_t owner_len, const char *type, size_t type_len,
	const char *rdata, size_t rdata_len, int64_t last)
{
	struct query_page *p = &run->page;
	struct query_item item = {.owner_len = (uint32_t)owner_len,
		.member_len = (uint32_t)(type_len + 1 + rdata_len),
		.type_len = (uint32_t)type_len,
		.last = last};

	item.owner = put_text(p, owner, owner_len);
	item.member = put_text(p, type, type_len);
	put_text(p, " ", 1);
	put_text(p, rdata, rdata_len);
	add_item(p, &item);
}

static void add_of_target(struct query_run *run, const char *target, size_t target_len, const redisReply *member,
	int64_t last)
{
	const char *space = memchr(member->str, ' ', member->len);

	if (!space || !query_has_type(&run->q, member->str, (size_t)(space - member->str)))
		return;
	size_t type_len = (size_t)(space - member->str);
	if (text_type_is_target(member->str, type_len)) {
		if (is_last_wanted(&run->q, last))
			add_made(run, space + 1, member->len - type_len - 1, member->str, type_len, target, target_len,
				last);
		return;
	}
	// the target after the owner, with a space between them: names contain none
	if (!query_list_add2(&run->resolve, member->str, member->len, " ", 1) ||
		!redis_buffer_room(&run->resolve.text, target_len))
		run->page.bad = true;
	else {
		memcpy(run->resolve.text.bytes + run->resolve.text.size, target, target_len);
		run->resolve.text.size += target_len;
		run->resolve.span[run->resolve.len - 1].len += (uint32_t)target_len;
	}
}

static void add_members(struct query_run *run, const char *key, size_t key_len, const redisReply *reply)
{
	uint32_t owner = 0;
	bool name = run->family[0] == 'n', address = run->family[0] == 'i';
	const char *type = memchr(key, ':', key_len) ? "AAAA" : "A";

	if (name && reply->elements > 0)
		owner = put_text(&run->page, key, key_len);
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const redisReply *member = reply->element[i];
		int64_t last = reader_number(reply->element[i + 1]);
		if (name)
			add_of_name(run, owner, key_len, member, last);
		else if (!address)
			add_of_target(run, key, key_len, member, last);
		else if (is_last_wanted(&run->q, last) && query_has_type(&run->q, type, strlen(type)))
			add_made(run, member->str, member->len, type, strlen(type), key, key_len, last);
	}
}

// True if the last member of the reply is too old: members come newest first, so all later ones are too.
static bool is_past(const struct query_run *run, const redisReply *reply)
{
	return reply->elements >= 2 && reader_number(reply->element[reply->elements - 1]) < run->q.last_after;
}

static void ask_range(struct query_run *run, const char *family, size_t k)
{
	struct query_list *keys = &run->keys;

	reader_command(&run->db->reader, 5, "ZREVRANGE", family, query_list_text(keys, k), keys->span[k].len);
	redis_encode_uint(&run->db->reader.out, run->key_rank);
	redis_encode_uint(&run->db->reader.out, run->key_rank + QUERY_PAGE - 1);
	redis_encode_literal(&run->db->reader.out, "WITHSCORES");
}

// The replies to the commands of one key. 1: the set has more than a page; 0; or -1.
static int read_key(struct query_run *run, bool whole)
{
	struct query_list *keys = &run->keys;
	redisReply *reply[3] = {NULL};
	size_t had = run->page.len;
	int result = 0;

	for (int i = 0; i < (whole ? 3 : 1) && result == 0; i++) {
		reply[i] = reader_reply(&run->db->reader);
		if (!reply[i])
			result = query_run_fail(run, "%s", run->db->reader.why);
	}
	if (result == 0) {
		add_members(run, query_list_text(keys, keys->pos), keys->span[keys->pos].len, reply[0]);
		if (reply[0]->elements >= 2 * (size_t)QUERY_PAGE)
			result = !is_past(run, reply[0]);
		else if (whole)
			query_scores_join(&run->page, had, reply[1], reply[2]);
	}
	for (int i = 0; i < 3; i++)
		if (reply[i])
			freeReplyObject(reply[i]);
	return result;
}

// For names also first seen and count, so that a lookup waits for Redis only once.
static int read_keys(struct query_run *run)
{
	struct reader *db = &run->db->reader;
	struct query_list *keys = &run->keys;
	size_t n = query_list_left(keys) < QUERY_BATCH ? query_list_left(keys) : QUERY_BATCH;
	bool whole = run->family[0] == 'n' && run->key_rank == 0;

	if (run->key_rank > 0)
		n = 1;
	reader_begin(db);
	for (size_t i = 0; i < n; i++) {
		ask_range(run, run->family, keys->pos + i);
		if (whole) {
			ask_range(run, FAMILY_FIRST, keys->pos + i);
			ask_range(run, FAMILY_COUNT, keys->pos + i);
		}
	}
	if (reader_send(db) != 0)
		return query_run_fail(run, "%s", db->why);
	for (size_t i = 0; i < n; i++) {
		size_t had = run->page.len, had_resolve = run->resolve.len;
		int more = read_key(run, whole);
		if (more < 0)
			return -1;
		if (more > 0) { // a large set: the rest of it first, then the other keys again
			if (i > 0 && run->family[0] ==
					     'r') { // from its beginning, so that its records come one after another
				run->page.len = had;
				run->resolve.len = had_resolve;
			} else {
				run->key_rank += QUERY_PAGE;
			}
			return reader_drain(db) == 0 ? 0 : query_run_fail(run, "%s", db->why);
		}
		run->key_rank = 0;
		keys->pos++;
	}
	return 0;
}

// True if "<TYPE> <rdata>" points to the target.
static bool points_to(const redisReply *member, size_t type_len, const char *target, size_t target_len)
{
	size_t skip = type_len < member->len ? type_len + 1 : type_len;
	const char *found;
	size_t len = text_target(member->str, type_len, member->str + skip, member->len - skip, &found);

	return len == target_len && memcmp(found, target, len) == 0;
}

// For one "<TYPE> <owner> <target>": adds the records of the owner with this type and target.
static void resolve_one(struct query_run *run, size_t index, const redisReply *reply)
{
	const char *text = query_list_text(&run->resolve, index), *end = text + run->resolve.span[index].len;
	const char *owner = (const char *)memchr(text, ' ', (size_t)(end - text)) + 1;
	const char *target = (const char *)memchr(owner, ' ', (size_t)(end - owner)) + 1;
	size_t type_len = (size_t)(owner - text), owner_len = (size_t)(target - owner) - 1; // space included

	uint32_t at = put_text(&run->page, owner, owner_len);
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		const redisReply *member = reply->element[i];
		if (member->len > type_len && memcmp(member->str, text, type_len) == 0 &&
			points_to(member, type_len - 1, target, (size_t)(end - target)))
			add_of_name(run, at, owner_len, member, reader_number(reply->element[i + 1]));
	}
}

static int resolve(struct query_run *run)
{
	struct reader *db = &run->db->reader;
	struct query_list *l = &run->resolve;

	while (query_list_left(l) > 0) {
		size_t n = query_list_left(l) < QUERY_BATCH ? query_list_left(l) : QUERY_BATCH;
		reader_begin(db);
		for (size_t i = l->pos; i < l->pos + n; i++) {
			const char *text = query_list_text(l, i);
			const char *owner = (const char *)memchr(text, ' ', l->span[i].len) + 1;
			size_t left = l->span[i].len - (size_t)(owner - text);
			const char *end = memchr(owner, ' ', left);
			reader_command(db, 5, "ZREVRANGE", FAMILY_NAME, owner, (size_t)(end - owner));
			redis_encode_literal(&db->out, "0");
			redis_encode_uint(&db->out, RESOLVE_MAX - 1);
			redis_encode_literal(&db->out, "WITHSCORES");
		}
		if (reader_send(db) != 0)
			return query_run_fail(run, "%s", db->why);
		for (size_t i = 0; i < n; i++) {
			redisReply *reply = reader_reply(db);
			if (!reply)
				return query_run_fail(run, "%s", db->why);
			resolve_one(run, l->pos++, reply);
			freeReplyObject(reply);
		}
	}
	query_list_clear(l);
	return 0;
}

int query_records_read(struct query_run *run)
{
	struct query_page *p = &run->page;

	p->len = p->pos = 0;
	redis_buffer_clear(&p->text);
	if (read_keys(run) != 0 || resolve(run) != 0)
		return -1;
	if (p->bad)
		return query_run_fail(run, "out of memory");
	return p->len > 0 ? query_scores_read(run) : 0;
}
