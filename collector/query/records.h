// SPDX-License-Identifier: BSD-3-Clause
// From keys to records.
#pragma once

#include "collector/query/state.h"

// Reads the next keys into the page. 0, or -1 with the failure noted.
int query_records_read(struct query_run *run);
