// SPDX-License-Identifier: BSD-3-Clause
// From the records of a page to alerts: which rules match, and is it news for them? What the answer depends on is read from
// Redis for all records of the page at once:
//
//     moved, changed   first:<owner>                  records of the owner that were seen before
//     burst            first:<owner>, watch:burst:    is the name new, and how many are
//     tamper           watch:expected:<zone>          the expected records of the owner and type
//     again            nothing: the writer has noted when it was last seen
//
// One thread.
#pragma once

#include "collector/watch/view.h"

enum {
	WATCH_RULES_PER_RECORD = 100, // alerts for one record at most; more are counted
	WATCH_ALERTS_PER_PAGE = 2000  // a page ends early after that many
};

struct watch_outcome {
	size_t records; // of the page that were looked at, from the first one on
	size_t matched; // of these, records that a rule matches
	size_t learned; // records that were added to the expected ones
	size_t dropped; // matches beyond WATCH_RULES_PER_RECORD
};

// Appends the alerts of a page to `alerts`. 0, or -1 (closed, or without memory).
int watch_news(const struct watch_view *v, const struct watch_page *page, struct watch_alerts *alerts,
	struct watch_outcome *out);
