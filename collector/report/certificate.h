// SPDX-License-Identifier: BSD-3-Clause
// When the certificates of a file expire.
#pragma once

#include <stdint.h>

// Of a file of certificates (PEM), the earliest time, seconds since 1970; 0: it cannot be read, or has none.
int64_t certificate_expiry(const char *path);
