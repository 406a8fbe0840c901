// SPDX-License-Identifier: BSD-3-Clause
// With retention.days: which keys are due for a new expiry and for the removal of old members. Redis is not asked: a table
// contains when that was done last; a key that is not in it is due. So retention costs some commands per key in a sixteenth
// of the retention time, and otherwise nothing.
//
// The expiry is set to twice the retention time, and renewed after a sixteenth of it if the key is written. So a key never
// expires before its newest member is as old as the retention time.
//
// Writer thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXPIRY_BUCKETS = 1 << 20, // of four keys, 32 octets each; allocated on first use
	EXPIRY_PERIOD_MIN_S = 3600
};

// True, and noted as done, if the key `family` + `text` was not done within the last sixteenth of `days`.
bool schema_expiry_is_due(char family, const char *text, size_t len, uint64_t now_s, uint64_t days);

// Forgets all: the last commands may not have been applied.
void schema_expiry_reset(void);
