// SPDX-License-Identifier: BSD-3-Clause
// Names in punycode as the Latin letters that they look like.
#pragma once

#include <stddef.h>

// The name with its labels of punycode as these letters; what looks like none is '?'. Its length; 0 if there are no such labels.
size_t watch_latin(const char *name, size_t len, char *out, size_t out_size);
