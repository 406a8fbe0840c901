// SPDX-License-Identifier: BSD-3-Clause
// Tamper watch: until when the records of a rule are learned. Hash pdns:watch:learn: seconds of the wall clock by rule, set when
// the rule is first in force; `lookback watch approve` ends it.
#pragma once

#include "collector/reader/reader.h"
#include "collector/watch/set.h"

// Sets the times of new rules, and reads all of them into `until` (by rule). 0, or -1 (closed).
int watch_learn_read(struct reader *r, const struct watch_set *set, uint64_t *until, uint64_t now_s);
