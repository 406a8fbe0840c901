// SPDX-License-Identifier: BSD-3-Clause
// What the counters of running dataplanes say: of the last two seconds if there were enough messages, otherwise since the start.
#include "collector/doctor/checks.h"
#include "collector/doctor/samples.h"
#include "dataplane/common/hints.h"

#include <stdio.h>

enum { ENOUGH = 10, LOST_PART = 10000 }; // messages; lost packets: less than one of so many is no finding

// A sensor, and what was said about it.
struct sensor_view {
	const struct doctor_facts *facts;
	struct doctor_report *report;
	const char *sensor, *period;
	struct worker_stats total;
	bool said[HINT_MAX];
};

static const enum doctor_kind kind_of[HINT_MAX] = {[HINT_NO_ANSWERS] = FINDING_NO_ANSWERS,
	[HINT_NO_QUERIES] = FINDING_NO_QUERIES,
	[HINT_COPIES] = FINDING_COPIES,
	[HINT_FORGOTTEN] = FINDING_FORGOTTEN,
	[HINT_SNAPPED] = FINDING_SNAPPED,
	[HINT_OVERSIZED] = FINDING_OVERSIZED,
	[HINT_NO_TIME] = FINDING_NO_TIME};

static void take_hint(void *context, enum hint hint, bool is_urgent, const char *text)
{
	struct sensor_view *v = context;
	enum doctor_kind kind = kind_of[hint];
	enum doctor_severity severity = doctor_kinds[kind].severity;

	v->said[hint] = true;
	// with match on, answers without queries are unmatched; whatever the settings are now, this dataplane runs with match = off
	if (hint == HINT_NO_QUERIES && !is_urgent) {
		doctor_ok(v->report, kind, "sensor %s, %s: answers only; its match = off needs no queries", v->sensor,
			v->period);
		return;
	}
	if (hint == HINT_NO_QUERIES)
		severity = DOCTOR_WARNING;
	if (hint == HINT_COPIES && !is_urgent)
		severity = DOCTOR_HINT;
	doctor_bad_as(v->report, kind, severity, "sensor %s, %s: %s", v->sensor, v->period, text);
}

// The difference of two looks if it has enough messages; otherwise the later look.
static void read_workers(struct sensor_view *v)
{
	struct worker_stats before, after;
	const char *last = v->facts->metrics[1] ? v->facts->metrics[1] : v->facts->metrics[0];

	samples_workers(v->facts->metrics[0], v->sensor, &before);
	samples_workers(last, v->sensor, &after);
	v->total = after;
	v->period = "since its start";
	if (after.dns_udp + after.dns_tcp < before.dns_udp + before.dns_tcp + ENOUGH)
		return;
	for (size_t i = 0; i < WORKER_STATS_LEN; i++)
		if (worker_stats_lines[i].kind == STATS_COUNTER)
			((uint64_t *)&v->total)[i] -= ((const uint64_t *)&before)[i];
	v->period = "in 2 s";
}

static void check_messages(struct sensor_view *v)
{
	uint64_t messages = v->total.dns_udp + v->total.dns_tcp;

	if (messages > 0)
		doctor_ok(v->report, FINDING_DNS,
			"sensor %s, %s: %llu packets, %llu messages, of which %llu are queries", v->sensor, v->period,
			(unsigned long long)v->total.rx_packets, (unsigned long long)messages,
			(unsigned long long)v->total.dns_query);
	else
		doctor_bad(v->report, FINDING_DNS, "sensor %s: no DNS message in %llu packets since its start",
			v->sensor, (unsigned long long)v->total.rx_packets);
	hints_tell(&v->total, false, take_hint, v);
	if (messages > 0 && !v->said[HINT_NO_ANSWERS] && !v->said[HINT_NO_QUERIES])
		doctor_ok(v->report, FINDING_NO_ANSWERS, "sensor %s, %s: queries and answers", v->sensor, v->period);
	if (messages > 0 && !v->said[HINT_COPIES])
		doctor_ok(v->report, FINDING_COPIES, "sensor %s, %s: %llu of %llu packets compared came twice",
			v->sensor, v->period, (unsigned long long)v->total.copies_found,
			(unsigned long long)v->total.copies_compared);
	uint64_t lost = v->total.lost_no_room;
	if (lost > 0)
		doctor_bad(v->report, FINDING_SIGHTINGS, "sensor %s, %s: %llu sightings", v->sensor, v->period,
			(unsigned long long)lost);
	else
		doctor_ok(v->report, FINDING_SIGHTINGS, "sensor %s, %s: none", v->sensor, v->period);
}

static uint64_t lost_of(const struct port_stats *p)
{
	return p->imissed + p->ierrors + p->rx_nombuf + p->ring_full + p->too_long;
}

// Packets that were lost between the card and the workers: now, or a part of all that matters.
static void check_lost(const struct sensor_view *v)
{
	struct port_stats before, after;
	const char *last = v->facts->metrics[1] ? v->facts->metrics[1] : v->facts->metrics[0];

	samples_ports(v->facts->metrics[0], v->sensor, NULL, &before);
	samples_ports(last, v->sensor, NULL, &after);
	uint64_t lost = lost_of(&after), now = lost - lost_of(&before), packets = after.ipackets + lost;
	if (now > 0)
		doctor_bad(v->report, FINDING_LOST, "sensor %s: %llu packets in 2 s, %llu of %llu since its start",
			v->sensor, (unsigned long long)now, (unsigned long long)lost, (unsigned long long)packets);
	else if (lost > packets / LOST_PART)
		doctor_bad_as(v->report, FINDING_LOST, DOCTOR_HINT,
			"sensor %s: %llu of %llu packets since its start, none now", v->sensor,
			(unsigned long long)lost, (unsigned long long)packets);
	else
		doctor_ok(v->report, FINDING_LOST, "sensor %s: %llu of %llu packets since its start, none now",
			v->sensor, (unsigned long long)lost, (unsigned long long)packets);
}

void doctor_check_traffic(const struct doctor_facts *f, struct doctor_report *r)
{
	char names[SAMPLES_SENSORS_MAX][SAMPLES_NAME_SIZE];

	if (f->ifaces_len > 0)
		doctor_word(r, "IFACE", f->ifaces[0]);
	size_t len = f->metrics[0]
			     ? samples_labels(f->metrics[0], "dataplane_up", "sensor", NULL, names, SAMPLES_SENSORS_MAX)
			     : 0;
	for (size_t i = 0; i < len; i++) {
		struct sensor_view v = {.facts = f, .report = r, .sensor = names[i]};
		if (samples_sum(f->metrics[0], "dataplane_up", "", names[i], NULL, NULL) <= 0)
			continue;
		read_workers(&v);
		check_messages(&v);
		check_lost(&v);
	}
}
