// SPDX-License-Identifier: BSD-3-Clause
#include "collector/query/rname.h"

#include "collector/query/from_scan.h"
#include "collector/query/match.h"
#include "collector/query/rdata.h"
#include "collector/schema/keys.h"

#include <string.h>

static bool asks_for_soa(const struct query *q)
{
	for (size_t i = 0; q->types == QUERY_TYPES_LISTED && i < q->types_len; i++)
		if (strcmp(q->type[i], "SOA") == 0)
			return true;
	return false;
}

bool query_rname_is_due(const struct query_run *run)
{
	return !run->rnames && query_is_of_targets(&run->q) && run->q.raw_size == 0 && asks_for_soa(&run->q);
}

void query_rname_begin(struct query_run *run)
{
	run->rnames = true;
	run->family = FAMILY_NAME;
	query_list_clear(&run->keys);
	query_from_scan_all(run);
}

static bool is_asked_for(const struct query_run *run, const char *name, size_t len)
{
	if (run->q.kind == QUERY_TARGET)
		return len == run->q.name_len && memcmp(name, run->q.name, len) == 0;
	return query_match(run, name, len);
}

bool query_rname_is_wanted(const struct query_run *run, const char *member, size_t len)
{
	if (len < 4 || memcmp(member, "SOA ", 4) != 0)
		return false;
	size_t mname = query_field_len(member + 4, len - 4), at = 4 + mname + 1;
	if (at >= len || is_asked_for(run, member + 4, mname))
		return false;
	return is_asked_for(run, member + at, query_field_len(member + at, len - at));
}
