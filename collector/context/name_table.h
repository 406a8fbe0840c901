// SPDX-License-Identifier: BSD-3-Clause
// Names with a number each: a hash table of 8 octets per slot, which holds 40 bits of the hash of a name instead of its text. The
// hash has a random key, so that nobody can make a name that is taken for another one; by chance that happens to fewer than
// one lookup in 10^12.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTEXT_NAMES_MAX = 10000000 }; // names; also the greatest number

struct context_name_table {
	uint64_t *slots;  // tag << 24 | number; 0: free
	size_t size;	  // a power of two, or 0
	size_t len, most; // names that it has, and for which it was made
	uint64_t key[2];
};

// Makes an empty table for at most `names` names. False without memory, or if there are too many.
bool context_name_table_init(struct context_name_table *t, size_t names);

// Adds a name with a number from 1 to CONTEXT_NAMES_MAX. If it was added before, `smallest` keeps the smaller number, otherwise
// the later one counts. False if the table is full.
bool context_name_table_add(struct context_name_table *t, const char *name, size_t len, uint32_t number, bool smallest);

// The number of a name; 0: none.
uint32_t context_name_table_find(const struct context_name_table *t, const char *name, size_t len);

void context_name_table_free(struct context_name_table *t);
