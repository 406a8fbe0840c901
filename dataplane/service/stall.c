// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/service/stall.h"

void stall_init(struct stall *s, uint64_t watchdog_ms)
{
	*s = (struct stall){.limit_ms = watchdog_ms / 2};
}

uint64_t stall_look(struct stall *s, unsigned i, uint64_t turns, bool is_excused, uint64_t more_ms, uint64_t now_ms)
{
	if (s->limit_ms == 0 || i >= STALL_THREADS_MAX)
		return 0;
	if (!s->threads[i].seen || s->threads[i].turns != turns || is_excused) {
		s->threads[i].seen = true;
		s->threads[i].turns = turns;
		s->threads[i].since_ms = now_ms;
		return 0;
	}
	uint64_t still_ms = now_ms - s->threads[i].since_ms;
	return still_ms > s->limit_ms + more_ms ? still_ms : 0;
}
