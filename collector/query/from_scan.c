// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/from_scan.h"

#include "collector/query/match.h"
#include "collector/query/ranks.h"
#include "collector/schema/keys.h"

#include <stdio.h>

void query_from_scan_begin(struct query_run *run, enum query_source source)
{
	run->source = source;
	run->scan_node = 0;
	snprintf(run->scan_cursor, sizeof(run->scan_cursor), "0");
	query_match_pattern(run);
}

void query_from_scan_all(struct query_run *run)
{
	query_from_scan_begin(run, SOURCE_SCAN);
	strcpy(run->pattern, "*");
	run->nodes = 0;
}

// Adds what SCAN found: keys, or net sets.
static int take_scanned(struct query_run *run, const redisReply *found)
{
	bool nets = run->source == SOURCE_SCAN_NETS;
	size_t skip = strlen(run->db->reader.settings.prefix) + strlen(nets ? FAMILY_NET : run->family);

	for (size_t i = 0; i < found->elements; i++) {
		const redisReply *key = found->element[i];
		if (key->type != REDIS_REPLY_STRING || key->len < skip)
			continue;
		const char *tail = key->str + skip;
		size_t len = key->len - skip;
		bool of_family = nets && (memchr(tail, ':', len) != NULL) == (run->q.address_size == 16);
		int result = 0;
		if (nets && of_family)
			result = query_run_add_set(run, FAMILY_NET, tail, len);
		else if (!nets)
			result = query_ranks_take(run, tail, len);
		if (result != 0)
			return -1;
	}
	return 0;
}

// Reads how many primaries to scan, and the version of the slot map.
static int begin_nodes(struct query_run *run)
{
	run->nodes = reader_nodes(&run->db->reader);
	run->version = run->nodes > 0 ? reader_version(&run->db->reader) : 0;
	return run->version > 0 ? 0 : query_run_fail(run, "%s", run->db->reader.why);
}

// One primary is done. Keys that moved from one to another meanwhile may have been missed.
static int next_node(struct query_run *run)
{
	if (++run->scan_node < run->nodes)
		return 0;
	run->source = SOURCE_NONE;
	uint64_t version = run->nodes > 1 ? reader_version(&run->db->reader) : run->version;
	if (version == 0)
		return query_run_fail(run, "%s", run->db->reader.why);
	if (version != run->version)
		return query_run_fail(run, "slots of the cluster moved during the scan: ask again");
	return 0;
}

int query_from_scan_step(struct query_run *run)
{
	struct reader *db = &run->db->reader;
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
