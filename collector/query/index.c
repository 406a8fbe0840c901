// SPDX-License-Identifier: BSD-3-Clause
// Names out of the index, where it holds all that Redis held when the question came: an import, or a flush of a moment ago,
// may not have reached it yet. A flush is waited for, for it takes no time; after an import the keys themselves are read.
#include "collector/query/run.h"

#include "collector/names/index.h"
#include "dataplane/common/monotonic.h"

enum { BEHIND_MAX_MS = 1000 };

static struct names_index *index_of_family(const struct query_run *run)
{
	return run->family[0] == 'r' ? run->db->targets : run->db->index;
}

struct names_index *query_index_of(const struct query_run *run)
{
	struct names_index *index = index_of_family(run);

	return index && !run->index_stale && names_index_is_complete(index) ? index : NULL;
}

// 0 where the index may be searched; 1 where that has to wait, or the source is another one now; -1: failed.
static int see_to_index(struct query_run *run, struct names_index *index)
{
	int64_t now = (int64_t)monotonic_ms();

	if (run->mark_until_ms == 0) {
		if (names_mark_read(run->db, &run->mark) != 0)
			return query_run_fail(run, "%s", run->db->why);
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
	return query_source_begin_keys(run) != 0 ? -1 : 1;
}

int query_index_step(struct query_run *run)
{
	struct names_index *index = index_of_family(run);
	int result = run->index_covers ? 0 : see_to_index(run, index);

	if (result != 0)
		return result < 0 ? -1 : 0;
	if (!names_index_next(index, run, &run->index_next))
		run->source = SOURCE_NONE;
	return run->keys.text.bad ? query_run_fail(run, "out of memory") : 0;
}
