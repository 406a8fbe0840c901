// SPDX-License-Identifier: BSD-3-Clause
// Alerts of a page, and the transaction that writes them together with the cursor: each alert is in pdns:alert once, also if a
// collector is killed or a reply is lost.
//
//     WATCH   pdns:watch:ids:{…} pdns:watch:cursor:{…}
//     ZMSCORE pdns:watch:ids:{…} id …            alerts that are there already are left out
//     MULTI
//       XADD  pdns:alert MAXLEN ~ … * id … rule … kind …
//       ZADD  pdns:watch:ids:{…} now id …
//       HSET  pdns:watch:cursor:{…} …
//     EXEC
#pragma once

#include "collector/watch/page.h"
#include "collector/watch/rules.h"
#include "collector/watch/set.h"

enum {
	WATCH_ALERT_ID_SIZE = 33,
	WATCH_IDS_MAX = 200000,	     // alerts that are remembered,
	WATCH_IDS_S = 30 * 86400,    // for this time
	WATCH_ALERT_TEXT_MAX = 16384 // octets of RDATA and of what was expected; the rest is cut off
};

// An alert. Texts are borrowed while it is added.
struct watch_alert {
	const char *rule;
	enum watch_news kind;
	const struct watch_record *record;
	int64_t first, last;
	const char *sensor, *expected, *reason;
	const char *
		subject; // what makes it another alert besides rule and kind: "name TYPE rdata", or NULL for the record
};

struct watch_alerts {
	struct redis_buffer commands; // XADD, one for each
	char (*ids)[WATCH_ALERT_ID_SIZE];
	enum watch_news *kinds;
	char (*rules)[WATCH_NAME_SIZE];
	size_t *at; // offset of each command
	size_t len, capacity;
	bool *repeated; // by watch_alerts_write: it was written before
};

void watch_alerts_clear(struct watch_alerts *a);
void watch_alerts_free(struct watch_alerts *a);

// Adds an alert. `alert_max`: how many the stream keeps. False without memory.
bool watch_alerts_add(struct watch_alerts *a, const struct reader *r, const struct watch_alert *alert,
	uint64_t alert_max);

// Writes the alerts and the cursor `after`, if the cursor is still `before`. 1: written; 0: another watcher has moved the
// cursor, read it again; -1 (closed): it is not known whether they were written, read the cursor again.
int watch_alerts_write(struct watch_alerts *a, struct reader *r, const struct watch_cursor *before,
	const struct watch_cursor *after);
