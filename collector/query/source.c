// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/source.h"

#include "collector/query/from_index.h"
#include "collector/query/from_nets.h"
#include "collector/query/from_scan.h"
#include "collector/query/match.h"
#include "collector/schema/keys.h"

// True if hosts below the name are in other zones than its own: it is a public suffix, or one is below it.
static bool spans_zones(const struct query_run *run)
{
	uint8_t wire[QUERY_WIRE_SIZE + 2] = {1, 'a'};
	const struct query *q = &run->q;
	size_t size = query_name_wire(q->name, q->name_len, wire + 2);

	if (!run->db->zones || size < 2 || size + 2 > QUERY_WIRE_SIZE)
		return true;
	return zone_find(run->db->zones, wire, size + 2) == 0 || query_db_suffix_below(run->db, q->name, q->name_len);
}

// The pattern "*.name" does not match the name itself; "*", below the root, matches everything.
static int add_apex(struct query_run *run)
{
	bool root = run->q.name_len == 1 && run->q.name[0] == '.';
	return root ? 0 : query_run_add_key(run, run->q.name, run->q.name_len);
}

static int begin_subtree(struct query_run *run)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	char zone[TEXT_NAME_SIZE];
	const struct query *q = &run->q;

	if (query_from_index_can(run)) {
		run->source = SOURCE_INDEX;
		return 0;
	}
	if (spans_zones(run)) {
		query_from_scan_begin(run, SOURCE_SCAN);
		return add_apex(run);
	}
	size_t size = query_name_wire(q->name, q->name_len, wire);
	size_t at = zone_find(run->db->zones, wire, size);
	size_t len = text_name(wire + at, size - at, zone);
	return query_run_add_set(run, FAMILY_ZONE, zone, len);
}

static struct query_regex *compile(struct query_run *run, const char *pattern)
{
	char why[200];
	struct query_regex *regex = query_regex_compile(pattern, why, sizeof(why));

	if (regex)
		query_regex_until(regex, run->deadline_ms);
	else
		query_run_fail(run, "'%.100s': expected a regular expression: %s", pattern, why);
	return regex;
}

static int begin_regex(struct query_run *run)
{
	run->regex = compile(run, run->q.name);
	if (run->regex && *run->q.exclude)
		run->exclude = compile(run, run->q.exclude);
	return run->failed ? -1 : 0;
}

static int take_raw_target(void *arg, const char *name, size_t len)
{
	return query_run_add_key(arg, name, len);
}

// With the index, unless it is stale.
static int begin_keys(struct query_run *run)
{
	const struct query *q = &run->q;

	switch (q->kind) {
	case QUERY_NAME:
	case QUERY_TARGET:
		if (q->raw_size > 0)
			return query_raw_targets(q, take_raw_target, run) < 0 ? -1 : 0;
		return query_run_add_key(run, q->name, q->name_len);
	case QUERY_SUBTREE:
		return begin_subtree(run);
	case QUERY_ADDRESSES:
		return query_from_nets_begin(run);
	default:
		break;
	}
	if (query_from_index_can(run) && q->kind != QUERY_EVERYTHING) {
		run->source = SOURCE_INDEX;
		return 0;
	}
	query_from_scan_begin(run, SOURCE_SCAN);
	return q->kind == QUERY_TARGET_SUBTREE ? add_apex(run) : 0;
}

int query_source_begin(struct query_run *run)
{
	const struct query *q = &run->q;

	run->family = q->kind == QUERY_ADDRESSES ? FAMILY_IP : FAMILY_NAME;
	if (query_is_of_targets(q))
		run->family = FAMILY_RDATA;
	if ((q->kind == QUERY_REGEX || q->kind == QUERY_TARGET_REGEX) && begin_regex(run) != 0)
		return -1;
	return begin_keys(run);
}

int query_source_step(struct query_run *run)
{
	query_list_clear(&run->keys);
	query_list_clear(&run->sets);
	switch (run->source) {
	case SOURCE_NETS:
		return query_from_nets_step(run);
	case SOURCE_SCAN:
	case SOURCE_SCAN_NETS:
		return query_from_scan_step(run);
	case SOURCE_INDEX:
		if (query_from_index_step(run) != 0)
			return -1;
		return run->index_stale ? begin_keys(run) : 0;
	case SOURCE_NONE:
		break;
	}
	return 0;
}

int query_source_members(struct query_run *run)
{
	struct reader *db = &run->db->reader;
	const struct query_span *set = &run->sets.span[run->sets.pos];

	query_list_clear(&run->keys);
	reader_begin(db);
	reader_command(db, 4, "ZRANGE", "", run->sets.text.bytes + set->at, set->len);
	redis_encode_uint(&db->out, run->set_rank);
	redis_encode_uint(&db->out, run->set_rank + QUERY_PAGE - 1);
	redisReply *reply = reader_send(db) == 0 ? reader_reply(db) : NULL;
	if (!reply)
		return query_run_fail(run, "%s", db->why);
	int result = 0;
	for (size_t i = 0; i < reply->elements && result == 0; i++) {
		const redisReply *member = reply->element[i];
		bool wanted = run->q.kind == QUERY_ADDRESSES ? query_from_nets_match(&run->q, member->str)
							     : query_match(run, member->str, member->len);
		if (wanted)
			result = query_run_add_key(run, member->str, member->len);
	}
	run->set_rank += reply->elements;
	if (reply->elements < QUERY_PAGE) {
		run->sets.pos++;
		run->set_rank = 0;
	}
	freeReplyObject(reply);
	return result;
}
