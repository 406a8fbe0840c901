// SPDX-License-Identifier: BSD-3-Clause
// Keys, or net sets, by SCAN of all primaries: the source if no index answers.
#pragma once

#include "collector/query/state.h"

// Begins a SCAN with the pattern of the question; `source`: SOURCE_SCAN or SOURCE_SCAN_NETS.
void query_from_scan_begin(struct query_run *run, enum query_source source);

// Begins a SCAN of all names.
void query_from_scan_all(struct query_run *run);

// One SCAN. 0, or -1 with the failure noted.
int query_from_scan_step(struct query_run *run);
