// SPDX-License-Identifier: BSD-3-Clause
// What must not be blocked: own names with all below them, addresses, files of both, popular domains. Made once per list; then
// read only.
#pragma once

#include "collector/block/block.h"

struct block_allow;
struct query_db;

// Rank of a registered domain among popular ones; 0: none.
typedef uint32_t block_rank(const void *arg, const char *domain);

// Reads the list's `allow` settings and their files. `rank` may be NULL: then "popular" is an error. NULL with one line in `why`.
struct block_allow *block_allow_new(const struct block_list *l, const struct zone_list *zones, block_rank *rank,
	const void *rank_arg, char *why, size_t why_size);
void block_allow_free(struct block_allow *a);

// True if no names are allowed, only addresses.
bool block_allow_is_without_names(const struct block_allow *a);

// Why a name is allowed, or NULL. The text is valid until the next call.
const char *block_allow_name(struct block_allow *a, const char *name);

// Takes out of the set, into its report, what the list allows: names at or below an allowed one, addresses and prefixes that
// overlap an allowed one. A name that would block an allowed name below it blocks itself only. Call it before block_set_sort.
void block_allow_apply(struct block_allow *a, struct block_set *s);

// Takes out addresses that names allowed resolve to, and name servers of allowed names, as Redis holds them since `since`.
// A record that a tamper alert doubts protects nothing (doubt.h). 0, or -1 with one line in `why`.
int block_protect(struct block_allow *a, struct block_set *s, struct query_db *db, const struct zone_list *zones,
	int64_t since, char *why, size_t why_size);
