// SPDX-License-Identifier: BSD-3-Clause
// Writes the records of an import to Redis, in batches.
#pragma once

#include "collector/cli/lookback.h"

struct import_write {
	struct lookback *l;
	size_t elements;  // records in the batch that is gathered
	uint64_t records; // written, or with --dry-run what would be
	bool failed;	  // after a message
};

// The records of one owner; `arg` is the import_write. False if it failed.
bool import_write_owner(void *arg, const struct query_record *records, size_t len);

// Writes what is left, and waits for the last reply.
bool import_write_end(struct import_write *w);
