// SPDX-License-Identifier: BSD-3-Clause
// One reload of the collector. Parts of it run in threads of their own; the reload is over after the last one, and has failed if any
// part has. One at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Main thread: the descriptor that becomes readable when a round is over. -1: none could be made.
int round_fd(void);

// Main thread: a reload begins; round_end ends this part of it.
void round_begin(void);

// A part has been asked to reload; it calls round_end. Before the round is over.
void round_join(void);

// Any thread. `why`: NULL, or why the part has failed.
void round_end(const char *why);

// Main thread. True once after each round: `why` is empty, or says why the first part has failed.
bool round_is_over(char *why, size_t why_size);

// Whether a round is going on.
bool round_is_open(void);
