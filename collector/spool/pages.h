// SPDX-License-Identifier: BSD-3-Clause
// Checks the pages of an LMDB file (format 1, of all versions 0.9) without LMDB. LMDB trusts the file that it maps: a
// damaged page may crash it, or make it overwrite pages that are in use. So LMDB only opens files that were checked.
//
//     page 0, 1      meta pages; the one of the later transaction is valid: last page, roots of two trees
//     tree of free pages   transaction → list of pages
//     main tree            name → root of a table
//     a large value has its own consecutive pages (overflow)
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Called for one entry of a table. Returns false if it is damaged.
typedef bool pages_entry(void *context, const char *table, const uint8_t *key, size_t key_size, const uint8_t *value,
	size_t value_size);

// Walks all trees of the file. 0: every page is used at most once and has the right type, keys are in order, all counts
// are right, and `each` accepted all entries. EBADMSG: one of these does not hold. ENODATA: nothing was ever committed.
// EPROTO: another version of LMDB wrote the file. Otherwise the errno value of a read that failed.
int pages_check(int fd, pages_entry *each, void *context);
