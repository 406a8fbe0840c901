// SPDX-License-Identifier: BSD-3-Clause
// The host: huge pages, CPUs, clock.
#include "collector/doctor/checks.h"

#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

enum { PAGE_KIB = 2048, CPU_ENTRIES = 4096 };
static const double CLOCK_ERROR_MAX_S = 1;

#define HUGE_PAGES_FOLDER "/sys/kernel/mm/hugepages/hugepages-2048kB/"

// -1: there is no such file, or it has no number.
static long read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = -1;

	if (file && fscanf(file, "%ld", &value) != 1)
		value = -1;
	if (file)
		fclose(file);
	return value;
}

// Of all dataplanes. -1: unknown.
static long held_pages(const struct doctor_facts *f)
{
	long kib = 0;

	for (size_t i = 0; i < f->dataplanes_len; i++) {
		if (f->dataplanes[i].huge_kib < 0)
			return -1;
		kib += f->dataplanes[i].huge_kib;
	}
	return kib / PAGE_KIB;
}

// The one number: pages that the settings need. Pages that a running dataplane holds are there for it.
void doctor_check_huge_pages(const struct doctor_facts *f, struct doctor_report *r)
{
	long total = read_number(HUGE_PAGES_FOLDER "nr_hugepages"),
	     unused = read_number(HUGE_PAGES_FOLDER "free_hugepages"),
	     reserved = read_number(HUGE_PAGES_FOLDER "resv_hugepages"), held = held_pages(f);
	long needed = (long)f->huge_pages_needed;

	if (needed == 0) {
		doctor_skip(r, FINDING_HUGE_PAGES,
			"%ld pages of 2 MiB; lookback-dataplane is not installed, or cannot read the settings",
			total < 0 ? 0 : total);
		return;
	}
	if (total < 0)
		total = unused = reserved = 0;
	unused = unused > reserved && reserved >= 0 ? unused - reserved : 0;
	long available = unused + (held > 0 ? held : 0);
	doctor_number(r, (unsigned long long)(total - available + needed));
	if (available >= needed)
		doctor_ok(r, FINDING_HUGE_PAGES, "%ld of 2 MiB needed; %ld of %ld free, %ld in use by the dataplane",
			needed, unused, total, held > 0 ? held : 0);
	else
		doctor_bad_as(r, FINDING_HUGE_PAGES, f->has_device ? DOCTOR_WARNING : DOCTOR_HINT,
			"%ld of 2 MiB needed; %ld of %ld free, %ld in use by the dataplane; it works without, slower",
			needed, unused, total, held > 0 ? held : 0);
	if (held == 0 && f->dataplanes_len > 0 && facts_has_dataplane(f))
		doctor_bad(r, FINDING_HUGE_PAGES_UNUSED, "the dataplane that runs uses no huge pages");
}

// CPUs ───────────────────────────────────────────────────────────────────────────────────────

static void check_governor(const struct doctor_facts *f, struct doctor_report *r)
{
	char path[128], governor[64];
	unsigned others = 0, known = 0;

	for (unsigned cpu = 0; cpu < CPU_ENTRIES; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", cpu);
		FILE *file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(governor, sizeof(governor), file)) {
			known++;
			others += strncmp(governor, "performance", 11) != 0;
		}
		fclose(file);
	}
	if (known == 0)
		doctor_skip(r, FINDING_GOVERNOR, "the kernel does not control the frequency of the CPUs here");
	else if (others > 0 && f->polls)
		doctor_bad(r, FINDING_GOVERNOR, "%u of %u CPUs have another governor than performance", others, known);
	else
		doctor_ok(r, FINDING_GOVERNOR, "%u of %u CPUs have another governor than performance%s", others, known,
			f->polls ? "" : "; the workers do not poll");
}

// the clock ──────────────────────────────────────────────────────────────────────────────────

static void check_clock(struct doctor_report *r)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	if (state < 0) {
		doctor_skip(r, FINDING_CLOCK, "the kernel does not say whether the clock is synchronized");
		return;
	}
	double error_s = (double)t.maxerror / 1e6;
	if (state == TIME_ERROR || t.status & STA_UNSYNC)
		doctor_bad(r, FINDING_CLOCK, "the clock is not synchronized: first and last seen may be wrong");
	else if (error_s > CLOCK_ERROR_MAX_S)
		doctor_bad(r, FINDING_CLOCK, "the clock may be wrong by %.1f s", error_s);
	else
		doctor_ok(r, FINDING_CLOCK, "synchronized, wrong by at most %.0f ms", 1000 * error_s);
}

void doctor_check_host(const struct doctor_facts *f, struct doctor_report *r)
{
	check_governor(f, r);
	check_clock(r);
}
