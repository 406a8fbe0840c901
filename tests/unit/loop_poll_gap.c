// SPDX-License-Identifier: BSD-3-Clause
// Gaps between polls: into the right bucket, and apart where the core was taken away.
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/loop/poll_gap.h"
#include "tests/tools/unit.h"

enum { SWITCHES = 300, HZ = 1000000000 }; // our counter: nanoseconds

static struct worker_stats stats;

static const uint64_t *buckets(void)
{
	return &stats.poll_gap_0;
}

static uint64_t sum(void)
{
	uint64_t all = 0;

	for (int i = 0; i < POLL_GAP_BUCKETS; i++)
		all += buckets()[i];
	return all;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void each_into_its_bucket(void)
{
	static const struct {
		uint64_t ns;
		int bucket;
	} cases[] = {{0, 0}, {700, 0}, {800, 1}, {1500, 1}, {1600, 2}, {24900, 5}, {25100, 6}, {49900, 6}, {50100, 7},
		{99000, 7}, {101000, 8}, {1500000, 11}, {1700000, 12}, {5000000000, 12}};
	struct poll_gap g;
	uint64_t at = 1000, total = 0, taken = 0;

	memset(&stats, 0, sizeof(stats));
	poll_gap_begin(&g, HZ);
	poll_gap_note(&g, at, &stats);
	CU_ASSERT_EQUAL(sum(), 0); // a first poll ends no gap
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (;;) { // once more where the core was really taken away meanwhile
			uint64_t before = buckets()[cases[i].bucket];
			at += cases[i].ns;
			poll_gap_note(&g, at, &stats);
			if (stats.poll_taken == taken) {
				CU_ASSERT_EQUAL(buckets()[cases[i].bucket], before + 1);
				break;
			}
			taken = stats.poll_taken;
		}
		total += cases[i].ns;
	}
	CU_ASSERT_EQUAL(sum(), sizeof(cases) / sizeof(cases[0]));
	CU_ASSERT(stats.poll_gap_ns <= total && stats.poll_gap_ns + 30 > total);
	CU_ASSERT(stats.poll_gap_longest_ns > 4999999990);
	poll_gap_slept(&g);
	poll_gap_note(&g, at + 700000000, &stats);
	CU_ASSERT_EQUAL(sum(), sizeof(cases) / sizeof(cases[0])); // sleep is none
}

// A loop that shares its core with another process: as many gaps are told apart as the kernel counts switches.
static void a_core_taken_away_is_told(void)
{
	struct poll_gap g;
	cpu_set_t before, one;
	struct rusage usage, after;

	memset(&stats, 0, sizeof(stats));
	CU_ASSERT_FATAL(sched_getaffinity(0, sizeof(before), &before) == 0);
	int cpu = sched_getcpu();
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CU_ASSERT_FATAL(sched_setaffinity(0, sizeof(one), &one) == 0);
	pid_t other = fork();
	if (other == 0)
		for (volatile uint64_t spin = 0;;)
			spin++;
	getrusage(RUSAGE_THREAD, &usage);
	poll_gap_begin(&g, HZ);
	uint64_t start = now_ns(), now = start;
	while (stats.poll_taken < SWITCHES && now - start < 30ull * 1000000000) {
		now = now_ns();
		poll_gap_note(&g, now, &stats);
	}
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	sched_setaffinity(0, sizeof(before), &before);
	CU_ASSERT_EQUAL(stats.poll_taken, SWITCHES);
	CU_ASSERT(stats.poll_taken_ns > SWITCHES * 10000);
	getrusage(RUSAGE_THREAD, &after);
	long switches = after.ru_nivcsw - usage.ru_nivcsw;
	// two switches may fall into one gap, and the last ones come after it
	CU_ASSERT(switches > SWITCHES * 7 / 10 && switches < SWITCHES * 2);
	CU_ASSERT(sum() > 1000);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"each into its bucket", each_into_its_bucket},
		{"a core taken away is told", a_core_taken_away_is_told},
	};
	return unit_run("poll_gap", tests, sizeof(tests) / sizeof(tests[0]));
}
