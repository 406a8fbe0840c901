// SPDX-License-Identifier: BSD-3-Clause
// The mailbox in SOA records (RNAME) has no index. A question for SOA records that point to a name is answered first with
// those whose primary server (MNAME) has it, from the index, then with those whose RNAME has it, by a SCAN of all names. No
// other question does that.
#pragma once

#include "collector/query/state.h"

// True if SOA records by their RNAME are still to come.
bool query_rname_is_due(const struct query_run *run);
void query_rname_begin(struct query_run *run);

// If run->rnames: true if the member of name: is an SOA record whose RNAME matches the question and whose MNAME does not.
bool query_rname_is_wanted(const struct query_run *run, const char *member, size_t len);
