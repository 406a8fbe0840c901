// SPDX-License-Identifier: BSD-3-Clause
// Which of several collectors with one Redis watches: string pdns:watch:lease:{pdns:alert}, with the id of the collector. It
// expires if that collector stops. Two watchers at a time would cost time, and nothing else: alert.h.
#pragma once

#include "collector/reader/reader.h"

struct watch_lease {
	char id[256];
	uint64_t look_at_ms; // monotonic time of the next look
	bool mine;
};

void watch_lease_init(struct watch_lease *l, const char *id);

// 1: this collector watches; 0: another one does; -1 (closed).
int watch_lease_keep(struct watch_lease *l, struct reader *r);

// At the end.
void watch_lease_leave(struct watch_lease *l, struct reader *r);
