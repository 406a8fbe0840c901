// SPDX-License-Identifier: BSD-3-Clause
// The pages of an LMDB file (format 1, of all versions 0.9), read without LMDB, which trusts what it maps: a
// page that is damaged may crash it, or make it write over what is still needed. Only sound files are given
// to LMDB.
//
//     page 0, 1      meta pages, the one with the higher transaction counts: last page, roots of two trees
//     tree of free pages   transaction → list of pages
//     main tree            name → root of a table
//     a value that is large has pages of its own (overflow), one after another
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One entry of a table. False: it is not what it was.
typedef bool pages_entry(void *context, const char *table, const uint8_t *key, size_t key_size, const uint8_t *value,
	size_t value_size);

// Goes through all trees of the file. 0: each page is used once at most and is what its place says, keys are
// in order, all counts hold, and each entry is good. EBADMSG: not so. ENODATA: nothing was ever committed.
// EPROTO: an LMDB of another version wrote it. Else what kept it from being read (an errno value).
int pages_check(int fd, pages_entry *each, void *context);
