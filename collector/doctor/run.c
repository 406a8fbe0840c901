// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/doctor.h"

#include "collector/doctor/checks.h"
#include "dataplane/common/monotonic.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const struct doctor_check doctor_checks[] = {
	{"programs", doctor_check_programs, 5},
	{"sensors", doctor_check_sensors, 15},
	{"huge-pages", doctor_check_huge_pages, 5},
	{"host", doctor_check_host, 5},
	{"input", doctor_check_input, 30},
	{"capture", doctor_check_ifaces, 10},
	{"traffic", doctor_check_traffic, 5},
	{"redis", doctor_check_redis, 20},
	{"spool", doctor_check_spool, 15},
	{"files", doctor_check_files, 10},
	{"certificate", doctor_check_certificates, 10},
	{"lookups", doctor_check_lookups, 10},
	{NULL, NULL, 0},
};

enum { CHECKS = sizeof(doctor_checks) / sizeof(*doctor_checks) - 1 };

// A check that runs.
struct run {
	pid_t pid;
	int fd; // -1: it has ended
	uint64_t until_ms;
	struct doctor_finding part; // the finding that is being read
	size_t part_size;
	struct doctor_findings findings;
};

int doctor_add(struct doctor_findings *out, const struct doctor_finding *f)
{
	if (out->len == out->capacity) {
		size_t capacity = out->capacity ? 2 * out->capacity : 16;
		struct doctor_finding *at = realloc(out->at, capacity * sizeof(*at));
		if (!at)
			return -1;
		out->at = at;
		out->capacity = capacity;
	}
	out->at[out->len++] = *f;
	return 0;
}

void doctor_free(struct doctor_findings *f)
{
	free(f->at);
	*f = (struct doctor_findings){0};
}

static void begin(struct run *r, const struct doctor_check *check, const struct doctor_facts *facts)
{
	int fds[2];

	*r = (struct run){.fd = -1, .until_ms = monotonic_ms() + 1000 * check->limit_s};
	if (pipe2(fds, O_CLOEXEC) != 0)
		return;
	fflush(stdout);
	r->pid = fork();
	if (r->pid == 0) {
		struct doctor_report report = {.fd = fds[1]};
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(fds[0]);
		check->run(facts, &report);
		_exit(EXIT_SUCCESS);
	}
	close(fds[1]);
	r->fd = fds[0];
	if (r->pid < 0)
		close(r->fd), r->fd = -1;
}

// `why`: what is wrong with the check itself.
static void add_trouble(struct run *r, const struct doctor_check *check, const char *why)
{
	struct doctor_finding f;
	char text[200];

	snprintf(text, sizeof(text), "the check of %s %s", check->name, why);
	doctor_finding_make(&f, FINDING_TIME, doctor_kinds[FINDING_TIME].severity, text);
	doctor_add(&r->findings, &f);
}

// Reads what has come. At the end of the pipe the check has ended.
static void take(struct run *r, const struct doctor_check *check)
{
	ssize_t n = read(r->fd, (char *)&r->part + r->part_size, sizeof(r->part) - r->part_size);
	int status = 0;

	if (n > 0) {
		r->part_size += (size_t)n;
		if (r->part_size < sizeof(r->part))
			return;
		r->part_size = 0;
		doctor_add(&r->findings, &r->part);
		return;
	}
	close(r->fd);
	r->fd = -1;
	waitpid(r->pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		add_trouble(r, check, "ended by itself; please report this");
}

// Ends a check whose time is over. A process that waits for a disk cannot be ended now, and is left to the kernel.
static void give_up(struct run *r, const struct doctor_check *check)
{
	char why[64];

	kill(r->pid, SIGTERM);
	usleep(100000);
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, WNOHANG);
	close(r->fd);
	r->fd = -1;
	snprintf(why, sizeof(why), "did not end within %u s", check->limit_s);
	add_trouble(r, check, why);
}

// Until all have ended.
static void wait_for(struct run *runs)
{
	struct pollfd fds[CHECKS];

	for (;;) {
		uint64_t now_ms = monotonic_ms(), until_ms = UINT64_MAX;
		for (size_t i = 0; i < CHECKS; i++) {
			if (runs[i].fd >= 0 && runs[i].until_ms <= now_ms)
				give_up(&runs[i], &doctor_checks[i]);
			fds[i] = (struct pollfd){.fd = runs[i].fd, .events = POLLIN};
			if (runs[i].fd >= 0 && runs[i].until_ms < until_ms)
				until_ms = runs[i].until_ms;
		}
		if (until_ms == UINT64_MAX)
			return;
		if (poll(fds, CHECKS, until_ms > now_ms ? (int)(until_ms - now_ms) : 0) <= 0)
			continue;
		for (size_t i = 0; i < CHECKS; i++)
			if (fds[i].revents)
				take(&runs[i], &doctor_checks[i]);
	}
}

int doctor_run(struct doctor_findings *out, const struct settings *settings, const struct settings_source *source,
	const struct redis_settings *redis)
{
	struct run *runs = calloc(CHECKS, sizeof(*runs));
	struct doctor_facts *facts = calloc(1, sizeof(*facts));
	int result = runs && facts ? 0 : -1;

	if (result == 0) {
		facts_gather(facts, settings, source, redis);
		for (size_t i = 0; i < CHECKS; i++)
			begin(&runs[i], &doctor_checks[i], facts);
		wait_for(runs);
		facts_free(facts);
	}
	for (size_t i = 0; result == 0 && i < CHECKS; i++) {
		for (size_t j = 0; j < runs[i].findings.len; j++)
			result |= doctor_add(out, &runs[i].findings.at[j]);
		doctor_free(&runs[i].findings);
	}
	free(facts);
	free(runs);
	return result;
}

int doctor_status(const struct doctor_findings *f)
{
	enum doctor_severity worst = DOCTOR_OK;

	for (size_t i = 0; i < f->len; i++)
		worst = f->at[i].severity > worst ? f->at[i].severity : worst;
	return worst == DOCTOR_ERROR ? 2 : worst == DOCTOR_WARNING ? 1 : 0;
}
