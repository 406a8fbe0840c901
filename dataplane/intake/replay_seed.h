// SPDX-License-Identifier: BSD-3-Clause
// A number for hash keys of a replay (base/hash.h): the same for the same files, so that a second replay ends as the first one did
// also where a table was full or a zone flooded. Whoever does not know the files does not know the keys.
#pragma once

#include "dataplane/capture/capture.h"

// `seed` is that of the captures before, 0 at first; the result is never 0. The path of a capture does not matter.
uint64_t replay_seed(uint64_t seed, const struct capture *capture);
