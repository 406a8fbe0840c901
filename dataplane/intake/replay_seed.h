// SPDX-License-Identifier: BSD-3-Clause
// Seed of the hash keys of a replay (base/hash.h). The same files give the same seed, so that a second replay has the same result,
// even if a table was full or a zone flooded. Without the files the keys cannot be guessed.
#pragma once

#include "dataplane/capture/capture.h"

// `seed`: of the captures before, 0 at first. The result is never 0. The path of a capture does not matter.
uint64_t replay_seed(uint64_t seed, const struct capture *capture);
