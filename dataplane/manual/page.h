// SPDX-License-Identifier: BSD-3-Clause
// The manual page lookback.conf(5), in mdoc(7).
#pragma once

#include <stdio.h>

void page_write(FILE *out);
