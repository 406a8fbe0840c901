// SPDX-License-Identifier: BSD-3-Clause
// The file of the names index: one line that says what it is, then the names, one a line.
//
//     lookback-names 1 <prefix> <id in the stream> <octets> <checksum>\n
//
// It is written beside its place and renamed, so it is whole or the old one.
#pragma once

#include "collector/names/store.h"

enum { NAMES_ID_SIZE = 48 };

// 0, or -1 with one line in `why`.
int names_file_save(const struct names_store *s, const char *path, const char *prefix, const char *id, char *why,
	size_t why_size);

// Adds the file's names to the store; `id` is where in the stream to go on. 0, or -1 with one line in
// `why` (then the store may hold some of the names, which does no harm). A file that is not there: -1
// with an empty `why`.
int names_file_load(struct names_store *s, const char *path, const char *prefix, char id[static NAMES_ID_SIZE],
	char *why, size_t why_size);
