// SPDX-License-Identifier: BSD-3-Clause
// Where a run finds the keys that it reads: given, members of zone or net sets, or a SCAN.
#include "collector/query/run.h"

#include "collector/schema/keys.h"

#include <stdio.h>
#include <stdlib.h>

#define MAPPED_NET "::/48" // the one that all IPv4 addresses inside IPv6 lie in

enum { NETS_MAX = 65536, ERASED_SLACK = 1000 };

static int add_key(struct query_run *run, const char *text, size_t len)
{
	return query_list_add(&run->keys, text, len) ? 0 : query_run_fail(run, "out of memory");
}

// How many names of a rank are remembered. Each has a record at least, unless it was erased, or a filter
// leaves it out.
static uint64_t rank_bound(const struct query *q)
{
	bool filtered = q->types != QUERY_TYPES_ALL || q->first_after != INT64_MIN || q->first_before != INT64_MAX ||
			q->last_after != INT64_MIN || q->last_before != INT64_MAX;

	return q->limit > 0 && !filtered ? q->limit + q->offset + ERASED_SLACK : QUERY_SORTED_MAX;
}

bool query_source_is_full(const struct query_run *run)
{
	return run->q.kind == QUERY_KEYWORD && run->ranked[QUERY_REASON_CONTAINS].len >= rank_bound(&run->q);
}

int query_source_take(struct query_run *run, const char *name, size_t len)
{
	if (run->rnames)
		return add_key(run, name, len);
	if (run->q.kind != QUERY_KEYWORD)
		return query_match(run, name, len) ? add_key(run, name, len) : 0;
	enum query_reason reason = query_alike(run->q.name, run->q.name_len, name, len);
	uint64_t bound = rank_bound(&run->q);
	if (reason == QUERY_REASON_NONE || run->ranked[reason].len >= bound)
		return 0; // what is beyond the limit need not be remembered
	if (!query_list_add(&run->ranked[reason], name, len))
		return query_run_fail(run, "out of memory");
	return 0;
}

bool query_source_next_rank(struct query_run *run)
{
	if (run->q.kind != QUERY_KEYWORD || run->rank + 1 >= QUERY_REASON_MAX)
		return false;
	query_list_free(&run->keys);
	run->keys = run->ranked[++run->rank];
	run->ranked[run->rank] = (struct query_list){0};
	return true;
}

static int add_set(struct query_run *run, const char *family, const char *text, size_t len)
{
	if (!query_list_add2(&run->sets, family, strlen(family), text, len))
		return query_run_fail(run, "out of memory");
	return 0;
}

static void begin_scan(struct query_run *run, enum query_source source)
{
	run->source = source;
	run->scan_node = 0;
	snprintf(run->scan_cursor, sizeof(run->scan_cursor), "0");
	query_match_pattern(run);
}

void query_source_scan_all(struct query_run *run)
{
	begin_scan(run, SOURCE_SCAN);
	strcpy(run->pattern, "*");
	run->nodes = 0;
}

// True where hosts below the name stand in other zones than its own: it is a public suffix, or has
// one below it.
static bool spans_zones(const struct query_run *run)
{
	uint8_t wire[QUERY_WIRE_SIZE + 2] = {1, 'a'};
	const struct query *q = &run->q;
	size_t size = query_name_wire(q->name, q->name_len, wire + 2);

	if (!run->db->zones || size < 2 || size + 2 > QUERY_WIRE_SIZE)
		return true;
	return zone_find(run->db->zones, wire, size + 2) == 0 || reader_suffix_below(run->db, q->name, q->name_len);
}

// The pattern "*.name" does not match the name itself; "*", below the root, matches everything.
static int add_apex(struct query_run *run)
{
	bool root = run->q.name_len == 1 && run->q.name[0] == '.';
	return root ? 0 : add_key(run, run->q.name, run->q.name_len);
}

static int begin_subtree(struct query_run *run)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	char zone[TEXT_NAME_SIZE];
	const struct query *q = &run->q;

	if (query_index_of(run)) {
		run->source = SOURCE_INDEX;
		return 0;
	}
	if (spans_zones(run)) {
		begin_scan(run, SOURCE_SCAN);
		return add_apex(run);
	}
	size_t size = query_name_wire(q->name, q->name_len, wire);
	size_t at = zone_find(run->db->zones, wire, size);
	size_t len = text_name(wire + at, size - at, zone);
	return add_set(run, FAMILY_ZONE, zone, len);
}

// The number of the /24 or /48 that holds an address.
static uint64_t net_number(const uint8_t *address, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < (size == 4 ? SCHEMA_NET_BITS_IPV4 : SCHEMA_NET_BITS_IPV6) / 8; i++)
		number = number << 8 | address[i];
	return number;
}

// The key of an IPv4 address inside IPv6.
static int add_mapped(struct query_run *run)
{
	uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
	char text[TEXT_ADDRESS_SIZE];

	memcpy(address + 12, run->q.first, 4);
	return add_key(run, text, text_address(address, 16, text));
}

static int begin_addresses(struct query_run *run)
{
	const struct query *q = &run->q;
	char text[TEXT_ADDRESS_SIZE];

	if (memcmp(q->first, q->last, q->address_size) == 0) {
		int result = add_key(run, text, text_address(q->first, q->address_size, text));
		return result == 0 && q->mapped ? add_mapped(run) : result;
	}
	if (q->mapped && add_set(run, FAMILY_NET, MAPPED_NET, strlen(MAPPED_NET)) != 0)
		return -1;
	run->net_next = net_number(q->first, q->address_size);
	run->net_last = net_number(q->last, q->address_size);
	if (run->net_last - run->net_next < NETS_MAX)
		run->source = SOURCE_NETS;
	else
		begin_scan(run, SOURCE_SCAN_NETS);
	return 0;
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
	return add_key(arg, name, len);
}

int query_source_begin(struct query_run *run)
{
	const struct query *q = &run->q;

	run->family = q->kind == QUERY_ADDRESSES ? FAMILY_IP : FAMILY_NAME;
	if (query_is_of_targets(q))
		run->family = FAMILY_RDATA;
	if ((q->kind == QUERY_REGEX || q->kind == QUERY_TARGET_REGEX) && begin_regex(run) != 0)
		return -1;
	return query_source_begin_keys(run);
}

int query_source_begin_keys(struct query_run *run)
{
	const struct query *q = &run->q;
	bool indexed = q->kind != QUERY_ADDRESSES && query_index_of(run);

	switch (q->kind) {
	case QUERY_NAME:
	case QUERY_TARGET:
		if (q->raw_size > 0)
			return query_raw_targets(q, take_raw_target, run) < 0 ? -1 : 0;
		return add_key(run, q->name, q->name_len);
	case QUERY_SUBTREE:
		return begin_subtree(run);
	case QUERY_ADDRESSES:
		return begin_addresses(run);
	case QUERY_TARGET_SUBTREE:
		begin_scan(run, indexed ? SOURCE_INDEX : SOURCE_SCAN);
		return indexed ? 0 : add_apex(run);
	default:
		begin_scan(run, indexed && q->kind != QUERY_EVERYTHING ? SOURCE_INDEX : SOURCE_SCAN);
		return 0;
	}
}

// "192.0.2.0/24" of its number. Returns the length.
static size_t net_text(const struct query_run *run, uint64_t number, char out[SCHEMA_NET_SIZE])
{
	uint8_t address[16] = {0};
	int bits = run->q.address_size == 4 ? SCHEMA_NET_BITS_IPV4 : SCHEMA_NET_BITS_IPV6;

	for (int i = bits / 8 - 1; i >= 0; i--, number >>= 8)
		address[i] = (uint8_t)number;
	return schema_net_text(address, run->q.address_size, out);
}

// Which of the next nets are there.
static int step_nets(struct query_run *run)
{
	struct reader *db = run->db;
	uint64_t from = run->net_next, n = run->net_last - from + 1;
	char net[SCHEMA_NET_SIZE];

	if (n > QUERY_SETS_BATCH)
		n = QUERY_SETS_BATCH;
	reader_begin(db);
	for (uint64_t i = 0; i < n; i++)
		reader_command(db, 2, "EXISTS", FAMILY_NET, net, net_text(run, from + i, net));
	if (reader_send(db) != 0)
		return query_run_fail(run, "%s", db->why);
	for (uint64_t i = 0; i < n; i++) {
		redisReply *reply = reader_reply(db);
		if (!reply)
			return query_run_fail(run, "%s", db->why);
		int result =
			reader_number(reply) == 0 ? 0 : add_set(run, FAMILY_NET, net, net_text(run, from + i, net));
		freeReplyObject(reply);
		if (result != 0)
			return -1;
	}
	run->net_next = from + n;
	if (run->net_next > run->net_last)
		run->source = SOURCE_NONE;
	return 0;
}

// What SCAN found: keys, or net sets.
static int take_scanned(struct query_run *run, const redisReply *found)
{
	bool nets = run->source == SOURCE_SCAN_NETS;
	size_t skip = strlen(run->db->settings.prefix) + strlen(nets ? FAMILY_NET : run->family);

	for (size_t i = 0; i < found->elements; i++) {
		const redisReply *key = found->element[i];
		if (key->type != REDIS_REPLY_STRING || key->len < skip)
			continue;
		const char *tail = key->str + skip;
		size_t len = key->len - skip;
		bool of_family = nets && (memchr(tail, ':', len) != NULL) == (run->q.address_size == 16);
		int result = 0;
		if (nets && of_family)
			result = add_set(run, FAMILY_NET, tail, len);
		else if (!nets)
			result = query_source_take(run, tail, len);
		if (result != 0)
			return -1;
	}
	return 0;
}

// How many primaries there are to scan, and where keys are now.
static int begin_nodes(struct query_run *run)
{
	run->nodes = reader_nodes(run->db);
	run->version = run->nodes > 0 ? reader_version(run->db) : 0;
	return run->version > 0 ? 0 : query_run_fail(run, "%s", run->db->why);
}

// One primary is done. Keys that moved from one to another meanwhile may have been passed over.
static int next_node(struct query_run *run)
{
	if (++run->scan_node < run->nodes)
		return 0;
	run->source = SOURCE_NONE;
	uint64_t version = run->nodes > 1 ? reader_version(run->db) : run->version;
	if (version == 0)
		return query_run_fail(run, "%s", run->db->why);
	if (version != run->version)
		return query_run_fail(run, "slots of the cluster moved during the scan: ask again");
	return 0;
}

static int step_scan(struct query_run *run)
{
	struct reader *db = run->db;
	bool nets = run->source == SOURCE_SCAN_NETS;

	if (run->nodes == 0 && begin_nodes(run) != 0)
		return -1;
	db->node = run->scan_node;
	reader_begin(db);
	reader_put_scan(db, &db->out, run->scan_cursor, nets ? FAMILY_NET : run->family, run->pattern,
		QUERY_SCAN_COUNT);
	redisReply *reply = reader_send(db) == 0 ? reader_reply(db) : NULL;
	if (!reply)
		return query_run_fail(run, "%s", db->why);
	int result = -1;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 && reply->element[0]->type == REDIS_REPLY_STRING) {
		snprintf(run->scan_cursor, sizeof(run->scan_cursor), "%s", reply->element[0]->str);
		result = take_scanned(run, reply->element[1]);
		if (strcmp(run->scan_cursor, "0") == 0 && result == 0)
			result = next_node(run);
	} else {
		query_run_fail(run, "an unexpected answer to SCAN");
	}
	freeReplyObject(reply);
	return result;
}

int query_source_step(struct query_run *run)
{
	query_list_clear(&run->keys);
	query_list_clear(&run->sets);
	switch (run->source) {
	case SOURCE_NETS:
		return step_nets(run);
	case SOURCE_SCAN:
	case SOURCE_SCAN_NETS:
		return step_scan(run);
	case SOURCE_INDEX:
		return query_index_step(run);
	case SOURCE_NONE:
		break;
	}
	return 0;
}

static bool in_range(const struct query *q, const char *text)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t address[16];
	size_t size = query_address(text, address);

	if (q->mapped && size == 16 && memcmp(address, mapped, sizeof(mapped)) == 0) {
		memmove(address, address + 12, 4);
		size = 4;
	}
	return size == q->address_size && memcmp(address, q->first, q->address_size) >= 0 &&
	       memcmp(address, q->last, q->address_size) <= 0;
}

int query_source_members(struct query_run *run)
{
	struct reader *db = run->db;
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
		bool wanted = run->q.kind == QUERY_ADDRESSES ? in_range(&run->q, member->str)
							     : query_match(run, member->str, member->len);
		if (wanted)
			result = add_key(run, member->str, member->len);
	}
	run->set_rank += reply->elements;
	if (reply->elements < QUERY_PAGE) {
		run->sets.pos++;
		run->set_rank = 0;
	}
	freeReplyObject(reply);
	return result;
}
