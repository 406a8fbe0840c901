// SPDX-License-Identifier: BSD-3-Clause
// The example configuration lookback.conf: every setting commented out, with its default or an example value.
#pragma once

#include <stdio.h>

void example_write(FILE *out);
