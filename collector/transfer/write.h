// SPDX-License-Identifier: BSD-3-Clause
// Writing and erasing records from text, for `lookback import`, `erase` and `expire`: the keys of
// docs/schema.md, as schema/write.c writes them from frames.
#pragma once

#include "collector/query/query.h"

// Appends to db->reader.out what writes the records of one owner, at most TRANSFER_WRITE_MAX. `add`: adds their counts to those in
// Redis; otherwise the greater one stays, so that a second import does no harm.
enum { TRANSFER_WRITE_MAX = 500 };
void transfer_write_owner(struct query_db *db, const struct query_record *records, size_t len, bool add);

// Appends what removes one record from its sorted sets, and asks whether its owner and its address
// have others: transfer_erase_finish reads the replies (two for each record), and removes owners and
// addresses that are gone from their zone and net sets. Returns 0 or -1.
void transfer_erase_record(struct query_db *db, const struct query_record *r);
int transfer_erase_finish(struct query_db *db, const struct query_record *records, size_t len);
