// SPDX-License-Identifier: BSD-3-Clause
// What several checks need, gathered once before them: the answers of the collector, and what the dataplane says about its settings.
#pragma once

#include "collector/base/settings.h"
#include "collector/doctor/program.h"
#include "collector/redis/settings.h"

#include <sys/types.h>

enum { FACTS_PROCESSES_MAX = 16, FACTS_IFACES_MAX = 16 };

struct facts_process {
	pid_t pid;
	long huge_kib; // of huge pages in use; -1: unknown
	bool replaced; // its file was replaced or deleted
};

struct doctor_facts {
	const struct settings *settings;
	const struct settings_source *source; // -c and -o
	const struct redis_settings *redis;
	char user[64]; // that the programs run as

	// programs: path, empty if it is not installed; what --version prints
	char collector[PROGRAM_PATH_SIZE], dataplane[PROGRAM_PATH_SIZE];
	char collector_version[128], dataplane_version[128];
	struct facts_process collectors[FACTS_PROCESSES_MAX], dataplanes[FACTS_PROCESSES_MAX];
	size_t collectors_len, dataplanes_len;

	// the collector: /metrics twice, `between_s` apart; NULL: no answer, and why. The second one only with a dataplane
	char *metrics[2], *ready;
	bool is_ready;
	double between_s;
	char url[300], http_why[300];

	// the dataplane: output of --check=host --json, one object per line, between lines of its log; NULL: it failed, and why
	char *host, host_why[400];
	char ifaces[FACTS_IFACES_MAX][64]; // of the settings, and of the dataplanes that are connected
	size_t ifaces_len;
	unsigned workers;
	char match[16];
	bool has_device, polls, filters_vlan;
	double flush_s;
	unsigned long huge_pages_needed;
};

// Takes up to about 10 s. The pointers are borrowed.
void facts_gather(struct doctor_facts *f, const struct settings *settings, const struct settings_source *source,
	const struct redis_settings *redis);
void facts_free(struct doctor_facts *f);

// True if a dataplane is connected to the collector.
bool facts_has_dataplane(const struct doctor_facts *f);

// The first error in the output of a program.
void facts_error(const char *text, char *out, size_t out_size);

// Runs `lookback-dataplane` with the same settings and these options. Returns the exit status, or -1 (program.h).
int facts_dataplane(const struct doctor_facts *f, const char *check, unsigned limit_ms, char *out, size_t out_size);
