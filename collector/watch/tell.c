// SPDX-License-Identifier: BSD-3-Clause
// A case that is news, as an alert.
#include "collector/watch/case.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void write_time(int64_t seconds, char out[32])
{
	time_t at = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&at, &tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, 32, "%" PRId64, seconds);
}

// What makes it another alert than others of the same rule and kind; NULL: the record.
static const char *subject_of(const struct watch_case *c, const struct watch_rule *rule, char *out, size_t size)
{
	switch (c->kind) {
	case WATCH_NEWS_AGAIN:
		snprintf(out, size, "%" PRId64 " %.*s %.*s %.*s", c->before, (int)c->record.name_len, c->record.name,
			(int)c->record.type_len, c->record.type, (int)c->record.rdata_len, c->record.rdata);
		return out;
	case WATCH_NEWS_MOVED: // further addresses of the network are no news
		snprintf(out, size, "%.*s %s", (int)c->record.name_len, c->record.name, c->network);
		return out;
	case WATCH_NEWS_BURST: // once in the time of the rule
		snprintf(out, size, "%s %" PRId64, c->zone, c->first / rule->burst_s);
		return out;
	default:
		return NULL;
	}
}

bool watch_case_tell(const struct watch_case *c, const struct watch_view *v, struct watch_alerts *alerts)
{
	const struct watch_rule *rule = watch_set_rule(v->set, c->rule);
	char subject[4 * TEXT_NAME_SIZE], expected[WATCH_EXPECTED_SIZE + 64],
		reason[2 * TEXT_NAME_SIZE + WATCH_REASON_SIZE];
	char time[32];

	if (!c->is_news)
		return true;
	snprintf(expected, sizeof(expected), "%s", c->expected);
	snprintf(reason, sizeof(reason), "%s", c->reason);
	switch (c->kind) {
	case WATCH_NEWS_AGAIN:
		write_time(c->before, time);
		snprintf(expected, sizeof(expected), "last seen %s", time);
		snprintf(reason, sizeof(reason), "%s; seen again after %" PRId64 " days", c->reason,
			(c->last - c->before) / 86400);
		break;
	case WATCH_NEWS_MOVED:
		snprintf(reason, sizeof(reason), "%s; first address in %s", c->reason, c->network);
		break;
	case WATCH_NEWS_BURST:
		snprintf(expected, sizeof(expected), "at most %u new names in %u seconds", rule->burst, rule->burst_s);
		snprintf(reason, sizeof(reason), "%s; %" PRIu64 " new names under %s", c->reason, c->names, c->zone);
		break;
	case WATCH_NEWS_TAMPER:
		if (!c->expected[0])
			snprintf(expected, sizeof(expected), "no %.*s record", (int)c->record.type_len, c->record.type);
		break;
	default:
		break;
	}
	const struct watch_alert alert = {.rule = rule->name,
		.kind = c->kind,
		.record = &c->record,
		.first = c->first,
		.last = c->last,
		.sensor = c->sensor,
		.expected = expected,
		.reason = reason,
		.subject = subject_of(c, rule, subject, sizeof(subject))};
	return watch_alerts_add(alerts, v->reader, &alert, v->alert_max);
}
