// SPDX-License-Identifier: BSD-3-Clause
// A run: its steps, its filters, its end.
#include "collector/query/run.h"

#include "collector/query/wire.h"
#include "collector/schema/keys.h"
#include "dataplane/common/monotonic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool query_list_add2(struct query_list *l, const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (l->len == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 64;
		struct query_span *grown = realloc(l->span, capacity * sizeof(*grown));
		if (!grown)
			return false;
		l->span = grown;
		l->capacity = capacity;
	}
	char *at = redis_buffer_room(&l->text, a_len + b_len + 1);
	if (!at)
		return false;
	memcpy(at, a, a_len);
	memcpy(at + a_len, b, b_len);
	l->span[l->len++] = (struct query_span){.at = (uint32_t)l->text.size, .len = (uint32_t)(a_len + b_len)};
	l->text.size += a_len + b_len;
	return true;
}

bool query_list_add(struct query_list *l, const char *text, size_t len)
{
	return query_list_add2(l, text, len, "", 0);
}

void query_list_clear(struct query_list *l)
{
	l->len = l->pos = 0;
	redis_buffer_clear(&l->text);
}

void query_list_free(struct query_list *l)
{
	free(l->span);
	redis_buffer_free(&l->text);
	*l = (struct query_list){0};
}

int query_run_fail(struct query_run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->why, sizeof(run->why), format, args);
	va_end(args);
	run->failed = true;
	return -1;
}

struct query_run *query_start(const struct query *q, struct reader *db)
{
	struct query_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->q = *q;
	run->db = db;
	run->deadline_ms = q->time_max_s > 0 ? (int64_t)monotonic_ms() + (int64_t)(q->time_max_s * 1000) : INT64_MAX;
	query_source_begin(run); // a failure is noted, and told by the first query_next
	return run;
}

void query_stop(struct query_run *run)
{
	if (!run)
		return;
	query_list_free(&run->sets);
	query_list_free(&run->keys);
	query_list_free(&run->resolve);
	for (size_t i = 0; i < QUERY_REASON_MAX; i++)
		query_list_free(&run->ranked[i]);
	redis_buffer_free(&run->page.text);
	free(run->page.item);
	query_regex_free(run->regex);
	query_regex_free(run->exclude);
	free(run);
}

const char *query_why(const struct query_run *run)
{
	return run->why;
}

// Behind the records of a name, those that point to it.
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
		query_expand(run);
	else if (query_list_left(&run->sets) > 0)
		query_source_members(run);
	else if (run->source != SOURCE_NONE)
		query_source_step(run);
	else if (query_source_next_rank(run))
		return true;
	else if (query_rnames_are_due(run))
		query_rnames_begin(run);
	else if (run->q.with_targets)
		return begin_targets(run);
	else
		return false;
	return true;
}

// One step towards more records, within the time of the run. False at the end.
static bool step(struct query_run *run)
{
	run->db->settings.until_ms = run->deadline_ms == INT64_MAX ? 0 : run->deadline_ms;
	bool more = take_step(run);
	run->db->settings.until_ms = 0;
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

// The RDATA asked for, octet by octet.
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

// A keyword's answer is names: a further record of the name met last is passed over or shown as the first was.
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
