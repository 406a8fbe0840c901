// SPDX-License-Identifier: BSD-3-Clause
#include "collector/newly/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

struct newly_run *newly_start(const struct newly_options *options, struct query_db *db)
{
	struct newly_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->o = *options;
	run->db = db;
	if (getrandom(&run->seen.start, sizeof(run->seen.start), 0) != sizeof(run->seen.start))
		run->seen.start = (uint64_t)(uintptr_t)run;
	memcpy(run->cursor, options->cursor, sizeof(run->cursor));
	memcpy(run->read_to, options->cursor, sizeof(run->read_to));
	return run;
}

void newly_stop(struct newly_run *run)
{
	if (!run)
		return;
	newly_read_forget(run);
	free(run->seen.slots[0]);
	free(run->seen.slots[1]);
	free(run);
}

static int64_t or_zero(int64_t time)
{
	return time == INT64_MAX ? 0 : time;
}

static void take(const struct newly_run *run, const struct newly_entry *e, struct newly_item *item)
{
	int64_t recent = e->first - NEWLY_SLACK_S;

	*item = (struct newly_item){.depth = run->o.depth,
		.record = {.owner = e->owner->str,
			.owner_len = e->owner->len,
			.type = e->type->str,
			.type_len = e->type->len,
			.rdata = e->rdata->str,
			.rdata_len = e->rdata->len,
			.first = e->first,
			.last = e->first,
			.count = 1},
		.domain = e->domain,
		.domain_len = e->domain_len,
		.known = e->known < e->first ? e->known : e->first,
		.name_first = or_zero(e->name_first),
		.domain_first = or_zero(e->domain_first),
		.stored = e->stored,
		.history = e->known < recent,
		.sensor = e->sensor,
		.id = e->id,
		.rule = e->rule,
		.kind = e->kind};
	item->reach = e->domain_first != INT64_MAX && e->domain_first >= recent ? NEWLY_DOMAIN
		      : e->name_first != INT64_MAX && e->name_first >= recent	? NEWLY_NAME
										: NEWLY_RECORD;
}

enum query_step newly_next(struct newly_run *run, struct newly_item *item)
{
	while (run->at < run->len) {
		const struct newly_entry *e = &run->entry[run->at++];
		snprintf(run->cursor, sizeof(run->cursor), "%s", e->id);
		if (e->out)
			continue;
		take(run, e, item);
		return QUERY_RECORD;
	}
	memcpy(run->cursor, run->read_to, sizeof(run->cursor));
	bool waits = run->o.wait_ms > 0 && run->ended;
	if (run->ended && run->begun && !waits)
		return QUERY_END;
	if (newly_read_page(run) != 0 || newly_check_page(run) != 0) {
		newly_read_forget(run);
		return QUERY_FAILED;
	}
	return waits && run->len == 0 ? QUERY_END : QUERY_BUSY;
}

const char *newly_why(const struct newly_run *run)
{
	return run->why;
}

const char *newly_cursor(const struct newly_run *run)
{
	return run->cursor;
}

int64_t newly_oldest(const struct newly_run *run)
{
	return run->oldest;
}

bool newly_is_trimmed(const struct newly_run *run)
{
	return run->trimmed;
}

bool newly_has_gap(const struct newly_run *run)
{
	return run->gap;
}

int newly_parse_depth(enum newly_depth *out, const char *text, char *why, size_t why_size)
{
	static const char *const words[] =
		{[NEWLY_RECORD] = "record", [NEWLY_NAME] = "name", [NEWLY_DOMAIN] = "domain"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = (enum newly_depth)i;
			return 0;
		}
	}
	snprintf(why, why_size, "depth: found '%.40s', expected record, name or domain", text);
	return -1;
}

int newly_parse_cursor(char out[static NEWLY_CURSOR_SIZE], const char *text, char *why, size_t why_size)
{
	size_t ms = strspn(text, "0123456789"), n = text[ms] == '-' ? strspn(text + ms + 1, "0123456789") : 0;

	if (ms == 0 || ms > 19 || n > 19 || (text[ms] != '\0' && n == 0) || text[ms + n + (n > 0)] != '\0') {
		snprintf(why, why_size, "cursor: found '%.40s', expected the cursor of an earlier answer", text);
		return -1;
	}
	snprintf(out, NEWLY_CURSOR_SIZE, "%s%s", text, n > 0 ? "" : "-0");
	return 0;
}
