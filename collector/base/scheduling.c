// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/scheduling.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { QUICK_NS = 100000, BACKGROUND_NICE = 5 }; // 0.1 ms: the shortest slice that the kernel grants

// Of sched_setattr(2), first version; glibc 2.36 has neither the call nor the structure.
struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period; // runtime: length of a time slice; 0: the default
};

// If the kernel does not allow it, nothing changes.
static void set(int policy, int nice, uint64_t runtime)
{
	struct sched_attributes a = {.size = sizeof(a), .policy = (uint32_t)policy, .nice = nice, .runtime = runtime};

	syscall(SYS_sched_setattr, 0, &a, 0);
}

static int nice_now(void)
{
	return getpriority(PRIO_PROCESS, 0); // of the thread; -1 is a value too
}

void scheduling_interactive(void)
{
	if (sched_getscheduler(0) == SCHED_OTHER) // otherwise somebody has set another policy for us
		set(SCHED_OTHER, nice_now(), QUICK_NS);
}

void scheduling_background(void)
{
	int nice = nice_now();

	if (sched_getscheduler(0) == SCHED_OTHER)
		set(SCHED_BATCH, nice < BACKGROUND_NICE ? BACKGROUND_NICE : nice, 0);
}
