// SPDX-License-Identifier: BSD-3-Clause
// When a certificate expires.
#pragma once

#include "collector/doctor/report.h"

#include <time.h>

// `what`: how to call it. `from`: 0: unknown.
void certificate_judge(struct doctor_report *r, const char *what, time_t from, time_t to);
