// SPDX-License-Identifier: BSD-3-Clause
// An alert as text, for receivers. Names and RDATA are hostile: each format escapes all that has a meaning in it. Schemas:
// docs/alerts.md. No state; any thread.
#pragma once

#include "collector/alert/alert.h"

enum alert_format {
	ALERT_JSON,  // own JSON, one line
	ALERT_MISP,  // a MISP event, one line
	ALERT_SLACK, // {"text": "…"}, for Slack, Mattermost, Rocket.Chat
	ALERT_CEF,   // ArcSight Common Event Format, one line
	ALERT_FORMATS
};

extern const char *const alert_format_names[ALERT_FORMATS];

// Returns a text without a line end, which the caller frees; NULL: no memory.
char *alert_format(enum alert_format format, const struct alert *a);

char *alert_format_json(const struct alert *a);
char *alert_format_misp(const struct alert *a);
char *alert_format_slack(const struct alert *a);
char *alert_format_cef(const struct alert *a);

// A paragraph of some lines for people, each ended by '\n': for mail and terminals.
char *alert_format_text(const struct alert *a);

// What a kind means: "new record", "record seen again", …
const char *alert_kind_text(const struct alert *a);

// 0…10, as CEF counts.
int alert_severity(const struct alert *a);
