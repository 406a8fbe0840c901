// SPDX-License-Identifier: BSD-3-Clause
// The checks: each runs in a process of its own and only reads.
#pragma once

#include "collector/doctor/facts.h"
#include "collector/doctor/report.h"

typedef void doctor_check_function(const struct doctor_facts *f, struct doctor_report *r);

struct doctor_check {
	const char *name; // "redis", for the finding doctor.time-limit
	doctor_check_function *run;
	unsigned limit_s;
};

extern const struct doctor_check doctor_checks[]; // run.c; the last one has no name

doctor_check_function doctor_check_programs, doctor_check_sensors, // programs.c
	doctor_check_huge_pages, doctor_check_host,		   // host.c
	doctor_check_input,					   // input.c: lookback-dataplane --check
	doctor_check_ifaces,					   // iface.c
	doctor_check_traffic,					   // traffic.c
	doctor_check_redis,					   // redis.c
	doctor_check_spool,					   // spool.c
	doctor_check_files,					   // files.c
	doctor_check_certificates,				   // certificate.c
	doctor_check_lookups;					   // lookups.c
