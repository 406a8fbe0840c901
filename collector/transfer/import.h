// SPDX-License-Identifier: BSD-3-Clause
// Lines of other programs as records: Common Output Format (our own exports, CIRCL, D4), DNSDB JSON
// (v1 lines, v2 in its frame), and logs of passivedns.
#pragma once

#include "collector/query/query.h"

// Called for each record of a line; its texts last for the call. Returns false to stop.
typedef bool transfer_import_sink(void *arg, const struct query_record *record);

// Parses one line. Returns the number of records in it (0: a blank line or a frame), or -1 with one
// line in `why`. One thread at a time.
int transfer_import_line(const char *line, size_t len, transfer_import_sink *sink, void *arg, char *why,
	size_t why_size);
