// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/loop/poll_gap.h"

#include <string.h>
#include <sys/resource.h>

#if defined(__x86_64__) && __has_include(<sys/rseq.h>)
#include <sys/rseq.h>

// A critical section that is never executed. If a thread names it but runs other code when the kernel takes its core away,
// the kernel clears the name. The signature precedes the abort handler (unused, too), as the kernel requires.
static struct {
	uint32_t nothing[4];
	uint32_t signature;
	uint32_t way_out[4];
} never = {.signature = RSEQ_SIG};
static struct rseq_cs section __attribute__((aligned(32)));

static struct rseq *own_rseq(void)
{
	if (__rseq_size == 0)
		return NULL;
	section.start_ip = (uintptr_t)never.nothing;
	section.post_commit_offset = sizeof(never.nothing[0]);
	section.abort_ip = (uintptr_t)never.way_out;
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static void *volatile *away_pointer(void)
{
	struct rseq *r = own_rseq();
	return r ? (void *volatile *)&r->rseq_cs : NULL;
}

static void set_away(void *volatile *away)
{
	*away = &section;
}
#else
static void *volatile *away_pointer(void)
{
	return NULL;
}

static void set_away(void *volatile *away)
{
	(void)away;
}
#endif

static uint64_t switches(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

void poll_gap_begin(struct poll_gap *g, uint64_t tsc_hz)
{
	memset(g, 0, sizeof(*g));
	g->limit = tsc_hz * POLL_GAP_LIMIT_US / 1000000;
	g->fine_mult = ((uint64_t)POLL_GAP_FINE << 32) / g->limit;
	g->ns_mult = (uint64_t)(((__uint128_t)1000000000 << 32) / tsc_hz);
	g->away = away_pointer();
	g->switches = switches();
}

bool poll_gap_was_away(struct poll_gap *g)
{
	if (g->away) // was looked at by the caller
		return false;
	uint64_t before = g->switches;
	g->switches = switches();
	return g->switches != before;
}

void poll_gap_watch(struct poll_gap *g)
{
	if (g->away)
		set_away(g->away);
}
