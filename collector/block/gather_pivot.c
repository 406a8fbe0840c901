// SPDX-License-Identifier: BSD-3-Clause
// A walk from indicators over the infrastructure (collector/pivot/) to entries: the results with enough score.
#include "collector/block/gather.h"

#include "collector/pivot/pivot.h"

#include <stdio.h>
#include <string.h>

enum { TIME_S = 120, RESULTS_MAX = 100000 };

static void add_result(struct block_set *s, const struct block_origin *o, const struct pivot_node *n, const char *from)
{
	struct block_origin mine = *o;
	char reason[BLOCK_REASON_LEN + 1];

	if (n->is_indicator)
		snprintf(reason, sizeof(reason), "indicator of a pivot");
	else
		snprintf(reason, sizeof(reason), "pivot from %.80s, score %.2f", from, n->score);
	mine.reason = reason;
	if (!n->is_indicator && n->last > 0) {
		mine.since = n->first;
		mine.until = block_gather_end(o->list, n->last);
		if (mine.until <= o->now)
			return; // no longer in use
	}
	if (n->roles & PIVOT_ADDRESS) {
		if (n->is_indicator)
			block_indicator_add(s, &mine, n->text);
		else
			block_gather_address(s, &mine, BLOCK_ADDRESS, n->text);
		return;
	}
	if (n->roles & PIVOT_NS)
		block_indicator_add_name(s, &mine, BLOCK_SERVER_NAME, false, n->text);
	if (n->roles & (PIVOT_NAME | PIVOT_DOMAIN | PIVOT_MX) || n->is_indicator)
		block_indicator_add_name(s, &mine, BLOCK_NAME, false, n->text);
}

static int add_indicators(struct pivot *p, const char *text, char *why, size_t why_size)
{
	char word[BLOCK_TEXT_SIZE];
	int result = 0;

	while (result == 0 && *(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");
		snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : sizeof(word) - 1), text);
		result = pivot_add(p, word, why, why_size);
		text += len;
	}
	return result;
}

static int walk(struct pivot *p, const struct block_make *m, char *why, size_t why_size)
{
	enum pivot_step step;

	while ((step = pivot_step(p)) == PIVOT_BUSY)
		if (m->stop && m->stop(m->stop_arg)) {
			snprintf(why, why_size, "stopped");
			return -1;
		}
	if (step == PIVOT_END)
		return 0;
	snprintf(why, why_size, "%.300s", pivot_why(p));
	return -1;
}

int block_gather_pivot(struct block_set *s, const struct block_make *m, const struct block_origin *o,
	const struct block_source *source, char *why, size_t why_size)
{
	struct pivot_options options = pivot_options_make();
	const struct pivot_node *nodes;
	const uint32_t *results;

	options.depth = source->depth;
	options.score = source->score;
	options.since = source->since_s > 0 ? m->now - (int64_t)source->since_s : options.since;
	options.time_s = TIME_S;
	options.limit = RESULTS_MAX;
	options.context = m->context;
	struct pivot *p = pivot_start(m->db, &options);
	if (!p) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	int result = add_indicators(p, source->text, why, why_size);
	if (result == 0)
		result = walk(p, m, why, why_size);
	if (result == 0) {
		size_t len = pivot_nodes(p, &nodes);
		size_t found = pivot_results(p, &results);
		for (size_t i = 0; i < len; i++)
			if (nodes[i].is_indicator)
				add_result(s, o, &nodes[i], source->text);
		for (size_t i = 0; i < found; i++)
			if (!nodes[results[i]].is_indicator)
				add_result(s, o, &nodes[results[i]], source->text);
		if (pivot_left_out(p) > 0)
			block_set_remove(s, source->text, "pivot: %zu results more than %d", pivot_left_out(p),
				RESULTS_MAX);
	}
	pivot_stop(p);
	return result == 0 ? 0 : -1;
}
