// SPDX-License-Identifier: BSD-3-Clause
// Limits of rules: `limit = N/hour`. An hour begins with the first alert of a rule; from alert N + 1 on the others are held
// back, and one summary follows when the hour is over. By the times of the alerts, so that a backlog is not held back for
// arriving at once. Plain memory with a text form; one thread.
#pragma once

#include "collector/alert/alert.h"

#include <stdio.h>

enum { ALERT_LIMIT_MS = 3600 * 1000, ALERT_LIMITS_MAX = 10000 };

struct alert_limit {
	char rule[64];
	int64_t start_ms; // of the hour
	uint32_t passed, held;
};

struct alert_limits {
	struct alert_limit *at; // by name; owned
	size_t len, capacity;	// used, allocated
};

void alert_limits_free(struct alert_limits *l);

// Counts an alert of a rule. Returns true if it passes. If an hour with alerts held back is over, a summary is in `*summary`,
// to be delivered before, and freed; else its text is NULL.
bool alert_limits_take(struct alert_limits *l, const char *rule, uint32_t limit, int64_t time_ms,
	struct alert *summary);

// Ends one hour that is over at `now_ms`. False if there is none. A summary is as above.
bool alert_limits_end(struct alert_limits *l, int64_t now_ms, struct alert *summary);

// Lines "limit RULE START PASSED HELD". Reading one: false if it is none.
void alert_limits_write(const struct alert_limits *l, FILE *out);
bool alert_limits_read(struct alert_limits *l, const char *line);
