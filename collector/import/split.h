// SPDX-License-Identifier: BSD-3-Clause
// Octets → units: a line of text, or a JSON value that may have several lines. The elements of an array at the top are units of their
// own, so that an array of any length is read with one element in memory.
//
// After damage, reading continues at the next line: a line feed in a string, or a line that begins with `{` where a name of an
// object is expected, ends a value that is not whole. Such a value is a unit, for the JSON parser to refuse.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct import_split;

enum { IMPORT_UNIT_MAX = 16 << 20 }; // octets of a unit

// `line`: number of the first line of the unit, from 1. `text`: for the call; NULL: the unit is longer than IMPORT_UNIT_MAX.
// Returns false to stop.
typedef bool import_unit_sink(void *arg, const char *text, size_t len, uint64_t line);

struct import_split *import_split_new(import_unit_sink *sink, void *arg); // NULL without memory
void import_split_free(struct import_split *s);				  // NULL is fine

// The next octets of the file; its end, after which another file may follow. False if the sink stopped, or without memory.
bool import_split_feed(struct import_split *s, const char *octets, size_t size);
bool import_split_end(struct import_split *s);

// Number of lines of the file up to now.
uint64_t import_split_lines(const struct import_split *s);
