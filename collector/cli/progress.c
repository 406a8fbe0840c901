// SPDX-License-Identifier: BSD-3-Clause
// The progress of an export or import: one line on the terminal, rewritten every second.
#include "collector/cli/lookback.h"

#include "dataplane/common/monotonic.h"

#include <unistd.h>

void progress_show(struct progress *p, uint64_t records)
{
	int64_t now = (int64_t)monotonic_ms();

	if (p->start_ms == 0) {
		p->start_ms = p->shown_ms = now;
		p->terminal = isatty(STDERR_FILENO) != 0;
	}
	if (!p->terminal || now - p->shown_ms < 1000)
		return;
	p->shown_ms = now;
	fprintf(stderr, "\r%s %llu records, %llu/s%s\033[K", p->what, (unsigned long long)records,
		(unsigned long long)(records * 1000 / (uint64_t)(now - p->start_ms)), p->detail);
}

void progress_end(struct progress *p)
{
	if (p->terminal && p->shown_ms > p->start_ms)
		fputs("\r\033[K", stderr);
}
