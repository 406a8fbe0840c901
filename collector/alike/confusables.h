// SPDX-License-Identifier: BSD-3-Clause
// Letters of other scripts, and accented ones, by the ASCII letters that they look like: the skeletons of Unicode Technical
// Standard 39, and more. confusables.c is made by scripts/make-confusables.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct alike_confusable {
	uint32_t first, last; // code points, ascending
	char latin[4];	      // empty: a combining mark, which changes no letter
};

extern const struct alike_confusable alike_confusables[];
extern const size_t alike_confusables_len;
