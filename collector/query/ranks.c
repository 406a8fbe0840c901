// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/ranks.h"

#include "collector/query/match.h"

enum { ERASED_SLACK = 1000 };

// How many names of a rank are remembered. Each has at least one record, unless it was erased, or a filter
// excludes it.
static uint64_t rank_bound(const struct query *q)
{
	bool filtered = q->types != QUERY_TYPES_ALL || q->first_after != INT64_MIN || q->first_before != INT64_MAX ||
			q->last_after != INT64_MIN || q->last_before != INT64_MAX;

	return q->limit > 0 && !filtered ? q->limit + q->offset + ERASED_SLACK : QUERY_SORTED_MAX;
}

bool query_ranks_are_full(const struct query_run *run)
{
	return run->q.kind == QUERY_KEYWORD && run->ranked[ALIKE_CONTAINS].len >= rank_bound(&run->q);
}

int query_ranks_take(struct query_run *run, const char *name, size_t len)
{
	if (run->rnames)
		return query_run_add_key(run, name, len);
	if (run->q.kind != QUERY_KEYWORD)
		return query_match(run, name, len) ? query_run_add_key(run, name, len) : 0;
	if (!run->q.keywords && !run->keyword && !(run->keyword = alike_keyword_new(run->q.name, run->q.name_len)))
		return query_run_fail(run, "out of memory");
	enum alike_reason reason = run->q.keywords ? alike_set_best(run->q.keywords, name, len, NULL)
						   : alike_match(run->keyword, name, len, run->source == SOURCE_INDEX);
	uint64_t bound = rank_bound(&run->q);
	if (reason == ALIKE_NONE || run->ranked[reason].len >= bound)
		return 0; // what is beyond the limit need not be remembered
	if (!query_list_add(&run->ranked[reason], name, len))
		return query_run_fail(run, "out of memory");
	return 0;
}

bool query_ranks_next(struct query_run *run)
{
	if (run->q.kind != QUERY_KEYWORD || run->rank + 1 >= ALIKE_MAX)
		return false;
	query_list_free(&run->keys);
	run->keys = run->ranked[++run->rank];
	run->ranked[run->rank] = (struct query_list){0};
	return true;
}
