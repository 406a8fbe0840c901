// SPDX-License-Identifier: BSD-3-Clause
// Which keys are due for their expiry to be renewed and for old members to be trimmed
// (retention.days). Redis is not asked: a table remembers when it was done last, a key that is not in
// it is due. So in steady state retention costs nothing, and once in a sixteenth of the time some
// commands a key.
//
// A key expires after twice the retention time without being written, as far as this table renews it
// after a sixteenth: so never before its youngest member is as old as the retention time.
//
// Writer thread only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXPIRY_BUCKETS = 1 << 20, // of four keys, 32 octets each; made with the first use
	EXPIRY_PERIOD_MIN_S = 3600
};

// True, and noted, where the key `family` + `text` was not done within a sixteenth of `days`.
bool schema_expiry_is_due(char family, const char *text, size_t len, uint64_t now_s, uint64_t days);

// Forgets all: what was sent last may not have been applied.
void schema_expiry_reset(void);
