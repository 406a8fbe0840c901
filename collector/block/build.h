// SPDX-License-Identifier: BSD-3-Clause
// A list, from its sources to its sorted set and its texts.
#pragma once

#include "collector/block/format.h"
#include "collector/block/gather.h"
#include "collector/block/serial.h"

// Sources, allow list, protection, order. 0, or -1 with one line in `why`. The caller frees the set in any case.
int block_build_set(struct block_set *s, const struct block_make *m, const struct block_list *l, char *why,
	size_t why_size);

// The serial of the list with this set; `state` false: a list that has no state in Redis, whose serial is the time.
int block_build_serial(struct block_serial *out, const struct block_make *m, const struct block_list *l,
	const struct block_set *s, bool state, char *why, size_t why_size);

// Writes the files of the list. Returns how many changed, or -1 with one line in `why`; files before the failed one are written.
int block_build_write(const struct block_list *l, struct block_set *s, const struct block_serial *serial, char *why,
	size_t why_size);

// The report: a line for each entry that was left out, with the reason.
void block_build_report(const struct block_list *l, const struct block_set *s, bool json, struct redis_buffer *out);
