// SPDX-License-Identifier: BSD-3-Clause
// doctor: checks the installation. The checks are in collector/doctor/.
#include "collector/cli/lookback.h"
#include "collector/doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int print(const struct lookback *l, struct doctor_findings *f)
{
	int status = doctor_status(f);

	if (l->output == OUTPUT_JSON)
		doctor_print_json(f, stdout);
	else if (!l->quiet)
		doctor_print(f, stdout);
	doctor_free(f);
	return status;
}

// Without the configuration, the defaults are checked.
static void add_unreadable(struct doctor_findings *findings)
{
	struct doctor_finding f;

	doctor_finding_make(&f, FINDING_CONFIG, DOCTOR_SKIPPED,
		CONF_DEFAULT_FILE ": this user cannot read it; what follows is about the defaults");
	snprintf(f.remedy, sizeof(f.remedy), "sudo lookback doctor");
	f.expected[0] = '\0';
	doctor_add(findings, &f);
}

int lookback_doctor_settings(const struct lookback *l, const char *why)
{
	struct doctor_findings findings = {0};
	struct doctor_finding f;

	doctor_finding_make(&f, FINDING_CONFIG, doctor_kinds[FINDING_CONFIG].severity, why);
	if (doctor_add(&findings, &f) != 0)
		return lookback_fail("out of memory");
	return print(l, &findings);
}

int lookback_doctor(struct lookback *l)
{
	struct doctor_findings findings = {0};

	if (l->output == OUTPUT_CSV)
		return lookback_fail("doctor: found --csv, expected text or --json");
	if (l->argc == 1 && strcmp(l->argv[0], "list") == 0) {
		doctor_print_kinds(stdout);
		return LOOKBACK_FOUND;
	}
	if (l->argc == 1)
		return lookback_fail("doctor: found '%s', expected list or nothing", l->argv[0]);
	if (!l->source.file && access(CONF_DEFAULT_FILE, R_OK) != 0 && errno == EACCES)
		add_unreadable(&findings);
	if (doctor_run(&findings, &l->settings, &l->source, &l->db.reader.settings) != 0)
		return lookback_fail("out of memory");
	return print(l, &findings);
}
