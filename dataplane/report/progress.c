// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "dataplane/common/monotonic.h"

enum { PROGRESS_AFTER_MS = 2000 };

void progress_show(const struct dataplane *d)
{
	static uint64_t shown_s;
	uint64_t expected = intake_expected(&d->intake);
	uint64_t now_ms = monotonic_ms();

	if (!isatty(STDERR_FILENO) || expected == 0 || now_ms / 1000 == shown_s ||
		now_ms - d->started_ms < PROGRESS_AFTER_MS)
		return;
	shown_s = now_ms / 1000;
	uint64_t packets = intake_packets(&d->intake);
	fprintf(stderr, "\r%llu of %llu packets, %llu %%, %llu frames to go ", (unsigned long long)packets,
		(unsigned long long)expected, (unsigned long long)(packets * 100 / expected),
		(unsigned long long)outbox_unacked(d->outbox));
	if (packets == expected && outbox_unacked(d->outbox) == 0)
		fputc('\n', stderr);
}
