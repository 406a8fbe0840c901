// SPDX-License-Identifier: BSD-3-Clause
// Names with punycode labels as the ASCII letters that they look like.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LETTERS_MAX = 3 }; // that one code point looks like

// The letters that a code point looks like, without final zero. Returns how many; 0 for a combining mark, -1 if none.
int letters_of(uint32_t code, char out[LETTERS_MAX]);

// The name in ASCII letters; '?' for what looks like none. Returns the length; 0 if it has no punycode label that is
// sound, or does not fit.
size_t letters_latin(const char *name, size_t len, char *out, size_t out_size);
