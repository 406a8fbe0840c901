// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/from_index.h"

#include "collector/names/index.h"
#include "collector/query/match.h"
#include "collector/query/ranks.h"
#include "dataplane/common/monotonic.h"

enum {
	BEHIND_MAX_MS = 1000,
	SEARCH_BUDGET = 1 << 20, // half a millisecond: other lookups wait meanwhile
	REGEX_BUDGET = 1 << 16	 // some 60 ms with the slowest expression
};

static struct names_index *index_of_family(const struct query_run *run)
{
	return run->family[0] == 'r' ? run->db->targets : run->db->owners;
}

bool query_from_index_can(const struct query_run *run)
{
	struct names_index *index = index_of_family(run);

	return index && !run->index_stale && names_index_is_complete(index);
}

// 0 if the index may be searched; 1 if the run must wait, or the index is stale; -1 with the failure noted.
static int see_to_index(struct query_run *run, struct names_index *index)
{
	int64_t now = (int64_t)monotonic_ms();

	if (run->mark_until_ms == 0) {
		if (names_mark_read(&run->db->reader, &run->mark) != 0)
			return query_run_fail(run, "%s", run->db->reader.why);
		run->mark_until_ms = now + BEHIND_MAX_MS;
	}
	enum names_cover cover = names_index_covers(index, &run->mark);
	if (cover == NAMES_BEHIND && now < run->mark_until_ms)
		return 1;
	run->index_covers = cover == NAMES_COVERED;
	if (run->index_covers)
		return 0;
	run->index_stale = true;
	run->source = SOURCE_NONE;
	return 1;
}

static void take(void *arg, const char *name, size_t len)
{
	query_ranks_take(arg, name, len);
}

// Continues the search. False at the end.
static bool search(struct query_run *run, const struct names_index *index)
{
	if (run->index_next == 0)
		query_match_needles(run, &run->needles);
	uint64_t budget = run->regex ? REGEX_BUDGET : SEARCH_BUDGET;
	bool more = names_index_next(index, &run->needles, &run->index_next, budget, take, run);
	return more && !query_ranks_are_full(run);
}

int query_from_index_step(struct query_run *run)
{
	struct names_index *index = index_of_family(run);
	int result = run->index_covers ? 0 : see_to_index(run, index);

	if (result != 0)
		return result < 0 ? -1 : 0;
	if (!search(run, index))
		run->source = SOURCE_NONE;
	return run->keys.text.bad ? query_run_fail(run, "out of memory") : 0;
}
