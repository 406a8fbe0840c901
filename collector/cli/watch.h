// SPDX-License-Identifier: BSD-3-Clause
// Parts of the command watch.
#pragma once

#include "collector/cli/lookback.h"

struct watch_set;

// The rules of watch.file; NULL after a message.
struct watch_set *lookback_read_rules(const struct lookback *l);

// watch_expected.c: the expected records of a tamper watch: adds, removes or prints those of a name and all below it, or adds or
// removes one record. Returns an exit status.
enum lookback_expected_what { EXPECTED_APPROVE, EXPECTED_REVOKE, EXPECTED_PRINT };
extern const char *const lookback_expected_words[3];
int lookback_expected(struct lookback *l, enum lookback_expected_what what);
