// SPDX-License-Identifier: BSD-3-Clause
// `lookback doctor`: checks what an operator would otherwise have to know. Changes nothing.
//
//     facts_gather ──► one process per check, all at once, each with a time limit ──► findings through pipes ──► print
//
// A check that hangs, because a disk or a file system does not answer, ends alone: its findings so far count.
#pragma once

#include "collector/doctor/report.h"
#include "collector/redis/settings.h"

struct doctor_findings {
	struct doctor_finding *at; // in the order of the checks; owned
	size_t len, capacity;
};

// Runs all checks. Returns 0, or -1 without memory.
int doctor_run(struct doctor_findings *out, const struct settings *settings, const struct settings_source *source,
	const struct redis_settings *redis);
int doctor_add(struct doctor_findings *out, const struct doctor_finding *f);
void doctor_free(struct doctor_findings *f);

// 0: nothing worse than a hint, 1: a warning, 2: an error.
int doctor_status(const struct doctor_findings *f);

// Text for people; or one JSON object per line.
void doctor_print(const struct doctor_findings *f, FILE *out);
void doctor_print_json(const struct doctor_findings *f, FILE *out);

// All findings that there are, as a table in Markdown.
void doctor_print_kinds(FILE *out);
