// SPDX-License-Identifier: BSD-3-Clause
// Checks a MaxMind DB file before it is used. libmaxminddb checks bounds, but it follows nested values by recursion, which a damaged or
// hostile file can make too deep for the stack. The format: https://maxmind.github.io/MaxMind-DB/
#pragma once

#include <maxminddb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Before MMDB_open: the metadata at the end of the file can be read.
bool context_mmdb_metadata_is_sound(const uint8_t *file, size_t size);

// After MMDB_open: every value that a lookup can reach can be read. Calls `take` once for each record of the search tree, with the
// first `take_max` of them. `records`: their number.
bool context_mmdb_data_is_sound(const MMDB_s *mmdb, void (*take)(void *arg, MMDB_entry_s *entry), void *arg,
	size_t take_max, uint64_t *records);
