// SPDX-License-Identifier: BSD-3-Clause
// "30d", "12h", "90min", "never": seconds.
#pragma once

#include <stddef.h>

// 0 seconds is "never". 0, or -EINVAL with one line in `why`.
int block_duration(double *out, const char *text, char *why, size_t why_size);
