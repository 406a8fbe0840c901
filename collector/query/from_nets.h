// SPDX-License-Identifier: BSD-3-Clause
// Addresses: one key, or the members of the net sets (/24 and /48) that a prefix or range covers.
#pragma once

#include "collector/query/state.h"

// Chooses the source for QUERY_ADDRESSES. 0, or -1 with the failure noted.
int query_from_nets_begin(struct query_run *run);

// Checks which of the next nets exist, and adds these as sets. 0, or -1 with the failure noted.
int query_from_nets_step(struct query_run *run);

// True if the question asks for this address (text).
bool query_from_nets_match(const struct query *q, const char *address);
