// SPDX-License-Identifier: BSD-3-Clause
// Two generations of open hash tables, so that a run that follows the stream for months needs bounded memory.
#include "collector/newly/run.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * NEWLY_SEEN };

static uint64_t *find(uint64_t *slots, uint64_t fingerprint)
{
	size_t at = (size_t)fingerprint & (SLOTS - 1);

	while (slots[at] != 0 && slots[at] != fingerprint)
		at = (at + 1) & (SLOTS - 1);
	return &slots[at];
}

bool newly_seen_before(struct newly_seen *s, uint64_t fingerprint)
{
	fingerprint += fingerprint == 0;
	for (int i = 0; i < 2; i++)
		if (!s->slots[i] && !(s->slots[i] = calloc(SLOTS, sizeof(uint64_t))))
			return false;
	if (*find(s->slots[0], fingerprint) != 0 || *find(s->slots[1], fingerprint) != 0)
		return true;
	if (s->len == NEWLY_SEEN) {
		uint64_t *old = s->slots[1];
		s->slots[1] = s->slots[0];
		s->slots[0] = old;
		memset(old, 0, SLOTS * sizeof(*old));
		s->len = 0;
	}
	*find(s->slots[0], fingerprint) = fingerprint;
	s->len++;
	return false;
}
