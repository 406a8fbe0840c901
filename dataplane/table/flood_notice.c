// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/flood_notice.h"

void flood_notice_put(struct flood_notices *n, const struct flood_report *about, uint64_t budget)
{
	unsigned in = atomic_load_explicit(&n->in, memory_order_relaxed);

	if (in - atomic_load_explicit(&n->out, memory_order_acquire) == FLOOD_NOTICES)
		return;
	n->at[in % FLOOD_NOTICES] = (struct flood_notice){.report = *about, .budget = budget};
	atomic_store_explicit(&n->in, in + 1, memory_order_release);
}

bool flood_notice_take(struct flood_notices *n, struct flood_notice *out)
{
	unsigned at = atomic_load_explicit(&n->out, memory_order_relaxed);

	if (at == atomic_load_explicit(&n->in, memory_order_acquire))
		return false;
	*out = n->at[at % FLOOD_NOTICES];
	atomic_store_explicit(&n->out, at + 1, memory_order_release);
	return true;
}
