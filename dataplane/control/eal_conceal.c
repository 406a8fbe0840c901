// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/eal_conceal.h"

#include <rte_memory.h>

#include "dataplane/base/memory.h"

static int conceal(const struct rte_memseg_list *list, const struct rte_memseg *segment, size_t size, void *context)
{
	if (!list->external)
		memory_conceal(segment->addr, size);
	return 0;
}

static void on_event(enum rte_mem_event event, const void *at, size_t size, void *context)
{
	if (event == RTE_MEM_EVENT_ALLOC)
		memory_conceal((void *)(uintptr_t)at, size);
}

void eal_conceal(void)
{
	// not with --no-huge, where all memory is there from the beginning
	rte_mem_event_callback_register("lookback_conceal", on_event, NULL);
	rte_memseg_contig_walk(conceal, NULL);
}
