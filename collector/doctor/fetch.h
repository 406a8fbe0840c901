// SPDX-License-Identifier: BSD-3-Clause
// One GET request to the collector of this machine.
#pragma once

#include <stddef.h>

// Returns the status code with the body in `*body` (terminated, owned by the caller; NULL without memory), or 0 with one line in `why`. The
// certificate is not verified: the doctor asks the address that the settings name.
long fetch(const char *url, long limit_ms, char **body, char *why, size_t why_size);
