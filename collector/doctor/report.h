// SPDX-License-Identifier: BSD-3-Clause
// What a check reports: findings, which go through a pipe from the check's process to run.c.
#pragma once

#include "collector/doctor/kinds.h"

#include <stdbool.h>

enum { DOCTOR_FOUND_SIZE = 800, DOCTOR_TEXT_SIZE = 600, DOCTOR_WORDS_MAX = 12 };

struct doctor_finding {
	enum doctor_kind kind;
	enum doctor_severity severity;
	char found[DOCTOR_FOUND_SIZE];	 // one line of printable text
	char expected[DOCTOR_TEXT_SIZE]; // empty if it is ok
	char remedy[DOCTOR_TEXT_SIZE];	 // what to do; empty if there is nothing to do
};

struct doctor_report {
	int fd; // findings are written to it; -1: nowhere
	struct {
		char word[16], value[300];
	} words[DOCTOR_WORDS_MAX];
	size_t words_len;
};

// From now on, `word` in expected and remedy is replaced by `value`.
void doctor_word(struct doctor_report *r, const char *word, const char *value);
void doctor_number(struct doctor_report *r, unsigned long long value); // NUMBER

void doctor_ok(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// With the severity of the kind, or with another one.
void doctor_bad(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void doctor_bad_as(struct doctor_report *r, enum doctor_kind kind, enum doctor_severity severity, const char *format,
	...) __attribute__((format(printf, 4, 5)));

// It could not be checked: why; or because of missing rights.
void doctor_skip(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void doctor_skip_rights(struct doctor_report *r, enum doctor_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Fills a finding without a report: `why` as found.
void doctor_finding_make(struct doctor_finding *out, enum doctor_kind kind, enum doctor_severity severity,
	const char *found);
