// SPDX-License-Identifier: BSD-3-Clause
// How far it is: one line on the terminal that is written over, once a second.
#include "collector/lookback.h"

#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_show(struct progress *p, uint64_t records)
{
	int64_t now = now_ms();

	if (p->start_ms == 0) {
		p->start_ms = p->shown_ms = now;
		p->terminal = isatty(STDERR_FILENO) != 0;
	}
	if (!p->terminal || now - p->shown_ms < 1000)
		return;
	p->shown_ms = now;
	fprintf(stderr, "\r%s %llu records, %llu/s\033[K", p->what, (unsigned long long)records,
		(unsigned long long)(records * 1000 / (uint64_t)(now - p->start_ms)));
}

void progress_end(struct progress *p)
{
	if (p->terminal && p->shown_ms > p->start_ms)
		fputs("\r\033[K", stderr);
}
