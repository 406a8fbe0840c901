// SPDX-License-Identifier: BSD-3-Clause
// The file of the names index: a header line, then one name per line.
//
//     lookback-names 1 <prefix> <id in the stream> <octets> <checksum>\n
//
// A new file is written under a temporary name and renamed, so a reader sees the old file or the new one.
#pragma once

#include "collector/names/store.h"

enum { NAMES_ID_SIZE = 48 };

// 0, or -1 with one line in `why`.
int names_file_save(const struct names_store *s, const char *path, const char *prefix, const char *id, char *why,
	size_t why_size);

// Adds the file's names to the store; `id`: the entry of the stream after which to continue. 0, or -1 with
// one line in `why`; the store may then contain some of the names, which does no harm. If there is no
// file: -1 with an empty `why`.
int names_file_load(struct names_store *s, const char *path, const char *prefix, char id[static NAMES_ID_SIZE],
	char *why, size_t why_size);
