// SPDX-License-Identifier: BSD-3-Clause
// alerts: what the watch rules found, oldest first.
#include "collector/cli/lookback.h"

#include "collector/alert/format.h"
#include "collector/alert/read.h"

#include <stdlib.h>
#include <time.h>

enum { FOLLOW_MS = 300 };

// False without memory.
static bool show(const struct lookback *l, const struct alert *a)
{
	char time[32];

	if (l->quiet)
		return true;
	if (l->output == OUTPUT_TABLE) {
		alert_time_text(alert_time_ms(a), time, sizeof(time));
		time[10] = ' ';
		time[19] = '\0';
		printf("%s  %-16s  %-7s  %-32s  %-6s  %s", time, a->field[ALERT_RULE], a->field[ALERT_KIND],
			a->field[ALERT_NAME], a->field[ALERT_TYPE], a->field[ALERT_RDATA]);
		if (*a->field[ALERT_EXPECTED])
			printf("  (expected %s)", a->field[ALERT_EXPECTED]);
		if (*a->field[ALERT_REASON])
			printf("  # %s", a->field[ALERT_REASON]);
		putchar('\n');
		return true;
	}
	char *json = alert_format_json(a);
	if (json)
		puts(json);
	free(json);
	return json != NULL;
}

// 0, or an exit status.
static int read_filter(const struct lookback *l, struct alert_filter *f)
{
	*f = alert_filter_make();
	if (l->filter.last_after > 0)
		f->since_ms = l->filter.last_after * 1000;
	if (l->filter.first_before < INT64_MAX / 1000)
		f->until_ms = l->filter.first_before * 1000 + 999;
	if (l->rule && strlen(l->rule) >= sizeof(f->rule))
		return lookback_fail("--rule: found %zu characters, expected at most %zu", strlen(l->rule),
			sizeof(f->rule) - 1);
	if (l->rule)
		snprintf(f->rule, sizeof(f->rule), "%s", l->rule);
	if (l->cursor && !alert_filter_cursor(f, l->cursor))
		return lookback_fail("--cursor: found '%.60s', expected the entry of an alert, such as 1700000000000-0",
			l->cursor);
	return 0;
}

static bool has_type(const struct lookback *l, const struct alert *a)
{
	const char *type = a->field[ALERT_TYPE];

	return query_has_type(&l->filter, type, strlen(type));
}

int lookback_alerts(struct lookback *l)
{
	const struct timespec pause = {.tv_nsec = FOLLOW_MS * 1000000};
	uint64_t shown = 0, limit = l->has_limit ? l->filter.limit : 0;
	struct alert_filter filter;
	struct alert_reading reading;
	enum alert_step step = ALERT_BUSY;
	struct alert a;
	bool good = true;

	if (l->output == OUTPUT_CSV)
		return lookback_fail("alerts: found --csv, expected --json or no format");
	if (read_filter(l, &filter) != 0)
		return LOOKBACK_FAILED;
	alert_reading_begin(&reading, &l->db.reader, &filter);
	while (good && step != ALERT_FAILED && !(limit > 0 && shown == limit)) {
		step = alert_reading_next(&reading, &a);
		if (step == ALERT_FOUND) {
			bool wanted = has_type(l, &a);
			good = !wanted || show(l, &a);
			shown += wanted;
			alert_free(&a);
		}
		if (step != ALERT_END)
			continue;
		fflush(stdout);
		if (!l->follow || lookback_is_unread())
			break;
		nanosleep(&pause, NULL);
	}
	if (reading.gap)
		fprintf(stderr,
			"lookback: alerts after the cursor were removed from the stream (alert.max) and are not listed\n");
	alert_reading_end(&reading);
	if (!good)
		return lookback_fail("out of memory");
	if (step == ALERT_FAILED)
		return lookback_fail("%s", l->db.reader.why);
	return shown > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}
