// SPDX-License-Identifier: BSD-3-Clause
// The list of popular names: one name per line, best first, or RANK,NAME as Tranco and Umbrella publish it. A name counts for its
// registered domain, which gets the rank of its best name. Names without one, such as public suffixes, are left out.
#pragma once

#include "collector/base/zone.h"
#include "collector/context/name_table.h"
#include "collector/context/text_file.h"

// Returns 0, or -1 with one line in `why`. Lines that are no names are skipped; a file with more than one such line in a hundred, or
// without any name, is rejected. Free the table in any case.
int context_popular_read(struct context_name_table *ranks, struct context_text *text, const struct zone_list *zones,
	char *why, size_t why_size);

// The rank of the registered domain of a name; 0: it is not in the list.
uint32_t context_popular_find(const struct context_name_table *ranks, const struct zone_list *zones, const char *name,
	size_t len);
