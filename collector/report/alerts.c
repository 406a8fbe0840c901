// SPDX-License-Identifier: BSD-3-Clause
// /metrics: the delivery of alerts, by outlet.
#include "collector/report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

// What is counted per outlet.
struct outlet_line {
	const char *family, *type, *help;
	uint64_t (*value)(const struct alert_outlet_levels *o);
};

static uint64_t delivered(const struct alert_outlet_levels *o)
{
	return o->delivered;
}

static uint64_t retried(const struct alert_outlet_levels *o)
{
	return o->retried;
}

static uint64_t failed(const struct alert_outlet_levels *o)
{
	return o->failed;
}

static uint64_t dropped(const struct alert_outlet_levels *o)
{
	return o->queue.dropped;
}

static uint64_t waiting(const struct alert_outlet_levels *o)
{
	return o->queue.waiting;
}

static uint64_t waiting_bytes(const struct alert_outlet_levels *o)
{
	return o->queue.bytes;
}

static uint64_t oldest(const struct alert_outlet_levels *o)
{
	int64_t age = (int64_t)time(NULL) - o->queue.oldest_ms / 1000;

	return o->queue.oldest_ms != 0 && age > 0 ? (uint64_t)age : 0;
}

static uint64_t up(const struct alert_outlet_levels *o)
{
	return o->up;
}

static const struct outlet_line lines[] = {
	{"outlet_delivered_total", "counter", "Alerts delivered", delivered},
	{"outlet_retries_total", "counter", "Deliveries that failed and are tried again", retried},
	{"outlet_failed_total", "counter",
		"Alerts set aside: the receiver refused them, or was away for longer than keep", failed},
	{"outlet_dropped_total", "counter", "Alerts dropped because too many waited (alert.size)", dropped},
	{"outlet_waiting", "gauge", "Alerts that wait on disk", waiting},
	{"outlet_waiting_bytes", "gauge", "Octets of these alerts", waiting_bytes},
	{"outlet_oldest_seconds", "gauge", "Age of the oldest alert that waits; 0: none waits", oldest},
	{"outlet_up", "gauge", "1 if the last delivery did not fail", up},
};

static void write_one(FILE *out, const char *family, const char *type, const char *help, uint64_t value)
{
	fprintf(out,
		"# HELP lookback_collector_%s %s\n# TYPE lookback_collector_%s %s\nlookback_collector_%s %" PRIu64 "\n",
		family, help, family, type, family, value);
}

void report_alerts(FILE *out, struct alert_deliver *alerts)
{
	struct alert_deliver_levels levels;

	alert_deliver_levels(alerts, &levels);
	write_one(out, "alerts_reading", "gauge",
		"1 if the stream of alerts can be read; 0 also if there are no outlets", levels.reading);
	write_one(out, "alerts_read_total", "counter", "Entries of the stream of alerts that were read for the outlets",
		levels.read);
	write_one(out, "alerts_not_repeated_total", "counter", "Of these, repetitions, which are not delivered again",
		levels.repeated);
	write_one(out, "alerts_held_back_total", "counter",
		"Of these, alerts beyond the limit of their rule; a summary is delivered", levels.held);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		fprintf(out, "# HELP lookback_collector_%s %s\n# TYPE lookback_collector_%s %s\n", lines[i].family,
			lines[i].help, lines[i].family, lines[i].type);
		for (size_t o = 0; o < levels.len; o++) // names have no character to escape
			fprintf(out, "lookback_collector_%s{outlet=\"%s\"} %" PRIu64 "\n", lines[i].family,
				levels.outlet[o].name, lines[i].value(&levels.outlet[o]));
	}
}
