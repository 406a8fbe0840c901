// SPDX-License-Identifier: BSD-3-Clause
// A run: its steps, its filters, its end.
#include "collector/query/match.h"
#include "collector/query/rdata_wire.h"
#include "collector/query/ranks.h"
#include "collector/query/records.h"
#include "collector/query/rname.h"
#include "collector/query/source.h"
#include "collector/schema/keys.h"
#include "dataplane/common/monotonic.h"

#include <stdlib.h>

struct query_run *query_start(const struct query *q, struct query_db *db)
{
	struct query_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->q = *q;
	run->db = db;
	run->deadline_ms = q->time_max_s > 0 ? (int64_t)monotonic_ms() + (int64_t)(q->time_max_s * 1000) : INT64_MAX;
	query_source_begin(run); // a failure is noted, and reported by the first query_next
	return run;
}

void query_stop(struct query_run *run)
{
	if (!run)
		return;
	query_list_free(&run->sets);
	query_list_free(&run->keys);
	query_list_free(&run->resolve);
	for (size_t i = 0; i < ALIKE_MAX; i++)
		query_list_free(&run->ranked[i]);
	redis_buffer_free(&run->page.text);
	free(run->page.item);
	alike_keyword_free(run->keyword);
	query_regex_free(run->regex);
	query_regex_free(run->exclude);
	free(run);
}

const char *query_why(const struct query_run *run)
{
	return run->why;
}

// Phase two: after the records of a name, those that point to it.
static bool begin_targets(struct query_run *run)
{
	run->q.with_targets = false;
	run->behind = true;
	run->family = FAMILY_RDATA;
	query_list_clear(&run->keys);
	if (!query_list_add(&run->keys, run->q.name, run->q.name_len))
		query_run_fail(run, "out of memory");
	return true;
}

// False at the end.
static bool take_step(struct query_run *run)
{
	if ((int64_t)monotonic_ms() > run->deadline_ms) {
		query_run_fail(run, "took longer than %g s", run->q.time_max_s);
		return true;
	}
	if (query_list_left(&run->keys) > 0)
		query_records_read(run);
	else if (query_list_left(&run->sets) > 0)
		query_source_members(run);
	else if (run->source != SOURCE_NONE)
		query_source_step(run);
	else if (query_ranks_next(run))
		return true;
	else if (query_rname_is_due(run))
		query_rname_begin(run);
	else if (run->q.with_targets)
		return begin_targets(run);
	else
		return false;
	return true;
}

// One step towards more records, within the time of the run. False at the end.
static bool step(struct query_run *run)
{
	run->db->reader.settings.until_ms = run->deadline_ms == INT64_MAX ? 0 : run->deadline_ms;
	bool more = take_step(run);
	run->db->reader.settings.until_ms = 0;
	return more;
}

static bool is_of_bailiwick(const struct query_run *run, const struct query_item *item)
{
	const char *wanted = run->q.bailiwick;
	uint8_t wire[QUERY_WIRE_SIZE];
	char zone[TEXT_NAME_SIZE];
	size_t size = query_name_wire(run->page.text.bytes + item->owner, item->owner_len, wire);

	if (size == 0 || !run->db->zones)
		return false;
	size_t at = zone_find(run->db->zones, wire, size), len = text_name(wire + at, size - at, zone);
	if (run->q.bailiwick_kind == QUERY_SUBTREE)
		return query_name_is_below(wanted, strlen(wanted), zone, len);
	if (run->q.bailiwick_kind == QUERY_STEM)
		return query_name_begins(wanted, strlen(wanted), zone, len);
	return len > 0 && strcmp(zone, wanted) == 0;
}

static void show(const struct query_run *run, const struct query_item *item, struct query_record *record)
{
	const char *text = run->page.text.bytes, *member = text + item->member;
	size_t skip = item->type_len < item->member_len ? item->type_len + 1 : item->member_len;

	*record = (struct query_record){.owner = text + item->owner,
		.owner_len = item->owner_len,
		.type = member,
		.type_len = item->type_len,
		.rdata = member + skip,
		.rdata_len = item->member_len - skip,
		.first = item->first,
		.last = item->last,
		.count = item->count};
}

// True if the RDATA is the one of the question, octet by octet.
static bool is_raw(const struct query_run *run, const struct query_item *item)
{
	uint8_t wire[QUERY_RAW_MAX];
	struct query_record record;

	show(run, item, &record);
	size_t size = query_rdata_wire(&record, wire, sizeof(wire));
	return size == run->q.raw_size && memcmp(wire, run->q.raw, size) == 0;
}

static bool is_wanted(const struct query_run *run, const struct query_item *item)
{
	const struct query *q = &run->q;

	if (run->behind && item->owner_len == q->name_len &&
		memcmp(run->page.text.bytes + item->owner, q->name, q->name_len) == 0)
		return false; // it points to itself, and was among its own
	return item->first >= q->first_after && item->first <= q->first_before &&
	       (!q->bailiwick[0] || is_of_bailiwick(run, item)) && (q->raw_size == 0 || is_raw(run, item));
}

// A keyword finds names: each further record of the last name is skipped or returned as its first record was.
static bool is_further(struct query_run *run, const struct query_item *item)
{
	const char *owner = run->page.text.bytes + item->owner;

	if (run->q.kind != QUERY_KEYWORD || item->owner_len >= sizeof(run->owner))
		return false;
	if (item->owner_len == run->owner_len && memcmp(owner, run->owner, run->owner_len) == 0)
		return true;
	memcpy(run->owner, owner, run->owner_len = item->owner_len);
	return false;
}

enum query_step query_next(struct query_run *run, struct query_record *record)
{
	struct query_page *p = &run->page;

	if (run->failed)
		return QUERY_FAILED;
	while (p->pos < p->len) {
		const struct query_item *item = &p->item[p->pos];
		if (!is_wanted(run, item)) {
			p->pos++;
			continue;
		}
		if (!is_further(run, item)) {
			run->showing = run->passed >= run->q.offset;
			if (run->showing && run->q.limit > 0 && run->shown == run->q.limit)
				return QUERY_LIMITED;
			run->passed += !run->showing;
			run->shown += run->showing;
		}
		p->pos++;
		if (!run->showing)
			continue;
		show(run, item, record);
		return QUERY_RECORD;
	}
	if (!step(run))
		return QUERY_END;
	return run->failed ? QUERY_FAILED : QUERY_BUSY;
}
