// SPDX-License-Identifier: BSD-3-Clause
// A small sorted set that one ZSCAN returned as a whole, parsed in the buffer of a pipe.
#pragma once

#include "collector/reader/pipe.h"

enum { READER_SORTED_SET_MAX = 256 }; // members that are kept

struct reader_member {
	struct reader_piece text;
	int64_t score;
};

struct reader_sorted_set {
	struct reader_pipe *pipe;
	size_t len;
	struct reader_member member[READER_SORTED_SET_MAX];
};

// Reads the next reply in the set's pipe. 0; 1 if the set must be read in another way: it has more
// members, or its key has moved; `len` is then 0. -1 with the pipe's `why`.
int reader_sorted_set_read(struct reader_sorted_set *s);

// Sorts a set of many members for reader_sorted_set_score.
void reader_sorted_set_sort(struct reader_sorted_set *s);

// The score of a member, or `missing`. `guess`: its index in the set name:, which is tried first.
int64_t reader_sorted_set_score(const struct reader_sorted_set *s, const char *text, size_t len, size_t guess,
	int64_t missing);
