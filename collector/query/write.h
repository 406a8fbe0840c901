// SPDX-License-Identifier: BSD-3-Clause
// Writing and erasing records from text, for `lookback import`, `erase` and `expire`: the keys of
// docs/schema.md, as schema/write.c writes them from frames.
#pragma once

#include "collector/query/query.h"

// Appends to db->out what writes one record. `add`: its count is added to the one that is there;
// else the greater of the two stands, so that importing twice does no harm.
void query_write_record(struct reader *db, const struct query_record *r, bool add);

// Appends what removes one record from its sorted sets, and asks whether its owner and its address
// have others: query_erase_finish reads the replies (two for each record), and removes owners and
// addresses that are gone from their zone and net sets. Returns 0 or -1.
void query_erase_record(struct reader *db, const struct query_record *r);
int query_erase_finish(struct reader *db, const struct query_record *records, size_t len);

// The name that a record points to, as text in its RDATA. Length, or 0 where there is none.
size_t query_target(const struct query_record *r, const char **target);

// RDATA written by others in the form that keys hold: names in lower case without final dots,
// addresses and hexadecimal in canonical form, TXT in quotes. Returns the length (terminated), or 0
// where it is no RDATA of that type, or does not fit.
size_t query_rdata_canonical(const char *type, const char *text, char *out, size_t out_size);

// Length of the field that `text` begins with: up to a blank, those in quotes passed over.
size_t query_field_len(const char *text, size_t len);
