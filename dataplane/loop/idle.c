// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/idle.h"

#include <sys/resource.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "dataplane/intake/rx_wait.h"

enum {
	SLEEP_US = 100,	     // if there is no socket to wait for
	LONG_SLEEP_US = 500, // after LONG_TURNS turns without a packet, or held back
	LONG_TURNS = 1000,
	WAIT_US = 5000, // at most, on sockets that wake us
	NICE = -15	// of a thread that sleeps, so that its wake-up does not wait for others
};

void idle_raise_priority(const struct worker *w)
{
	if (w->options.sleeps)					 // one that polls would starve others on its core
		setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); // not allowed: it stays as it was
}

void idle_sleep(const struct worker *w)
{
	int fds[WORKER_SOURCES_MAX];
	unsigned len = 0;

	if (w->behind)
		return;
	for (uint32_t s = 0; s < w->sources_len; s++) {
		if (atomic_load_explicit(&w->sources[s].paused, memory_order_acquire))
			continue;
		if (w->sources[s].fd < 0) {
			rte_delay_us_sleep(w->held_back || w->idle_turns > LONG_TURNS ? LONG_SLEEP_US : SLEEP_US);
			return;
		}
		fds[len++] = w->sources[s].fd;
	}
	rx_wait(fds, len, WAIT_US);
}
