// SPDX-License-Identifier: BSD-3-Clause
// What doctor concludes from the counters of running dataplanes.
#include "collector/doctor/checks.h"
#include "tests/tools/unit.h"

#include <stdio.h>
#include <unistd.h>

enum { FINDINGS = 32, METRICS_SIZE = 4096 };

static struct doctor_finding findings[FINDINGS];
static size_t findings_len;

// /metrics of one sensor, with these messages, responses without their query, packets that were received and lost.
static void write_metrics(char out[static METRICS_SIZE], unsigned queries, unsigned answers, unsigned unmatched,
	unsigned lost)
{
	snprintf(out, METRICS_SIZE,
		"lookback_dataplane_up{sensor=\"s\"} 1\n"
		"lookback_rx_packets_total{sensor=\"s\",worker=\"0\"} %u\n"
		"lookback_messages_received_total{sensor=\"s\",worker=\"0\",transport=\"udp\"} %u\n"
		"lookback_messages_total{sensor=\"s\",worker=\"0\",outcome=\"query\"} %u\n"
		"lookback_messages_total{sensor=\"s\",worker=\"0\",outcome=\"taken\"} %u\n"
		"lookback_messages_total{sensor=\"s\",worker=\"0\",outcome=\"unmatched\"} %u\n"
		"lookback_port_rx_packets_total{sensor=\"s\",port=\"eth1\"} %u\n"
		"lookback_port_lost_total{sensor=\"s\",port=\"eth1\",reason=\"missed\"} %u\n",
		queries + answers, queries + answers, queries, answers - unmatched, unmatched, queries + answers, lost);
}

// Runs the check with two looks at /metrics.
static void look(const char *match, char *first, char *second)
{
	struct doctor_facts facts = {.metrics = {first, second}};
	int ends[2];

	snprintf(facts.match, sizeof(facts.match), "%s", match);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	struct doctor_report report = {.fd = ends[1]};
	doctor_check_traffic(&facts, &report);
	close(ends[1]);
	findings_len = 0;
	while (findings_len < FINDINGS &&
		read(ends[0], &findings[findings_len], sizeof(findings[0])) == (ssize_t)sizeof(findings[0]))
		findings_len++;
	close(ends[0]);
}

// The severity of a finding, or -1.
static int severity_of(enum doctor_kind kind)
{
	for (size_t i = 0; i < findings_len; i++)
		if (findings[i].kind == kind)
			return (int)findings[i].severity;
	return -1;
}

static void queries_that_match_needs(void)
{
	char first[METRICS_SIZE], second[METRICS_SIZE];

	write_metrics(first, 0, 1000, 0, 0);
	write_metrics(second, 0, 3000, 0, 0);
	look("off", first, second);
	CU_ASSERT_EQUAL(severity_of(FINDING_DNS), DOCTOR_OK);
	CU_ASSERT(severity_of(FINDING_NO_QUERIES) <= DOCTOR_OK); // match is off in the dataplane: no trouble
	look("require", first, second); // of the settings; the dataplane was not restarted since
	CU_ASSERT(severity_of(FINDING_NO_QUERIES) <= DOCTOR_OK);
	write_metrics(first, 0, 1000, 1000, 0);
	write_metrics(second, 0, 3000, 3000, 0);
	look("require", first, second);
	CU_ASSERT_EQUAL(severity_of(FINDING_NO_QUERIES), DOCTOR_WARNING);
}

static void one_direction(void)
{
	char first[METRICS_SIZE], second[METRICS_SIZE];

	write_metrics(first, 1000, 0, 0, 0);
	write_metrics(second, 3000, 0, 0, 0);
	look("off", first, second);
	CU_ASSERT_EQUAL(severity_of(FINDING_NO_ANSWERS), DOCTOR_ERROR);
	write_metrics(first, 1000, 1000, 0, 0);
	write_metrics(second, 3000, 3000, 0, 0);
	look("require", first, second);
	CU_ASSERT_EQUAL(severity_of(FINDING_NO_ANSWERS), DOCTOR_OK);
	CU_ASSERT(severity_of(FINDING_NO_QUERIES) <= DOCTOR_OK);
	write_metrics(first, 0, 0, 0, 0);
	look("off", first, first);
	CU_ASSERT(severity_of(FINDING_DNS) > DOCTOR_OK);
}

static void losses(void)
{
	char first[METRICS_SIZE], second[METRICS_SIZE];

	write_metrics(first, 1000, 1000, 0, 5);
	write_metrics(second, 3000, 3000, 0, 9);
	look("off", first, second);
	CU_ASSERT(severity_of(FINDING_LOST) > DOCTOR_HINT); // now
	write_metrics(second, 3000, 3000, 0, 5);
	look("off", first, second);
	CU_ASSERT_EQUAL(severity_of(FINDING_LOST), DOCTOR_HINT); // before
	write_metrics(first, 500000, 500000, 0, 5);
	look("off", first, first);
	CU_ASSERT_EQUAL(severity_of(FINDING_LOST), DOCTOR_OK); // too few to matter
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"queries that match needs", queries_that_match_needs},
		{"one direction", one_direction},
		{"losses", losses},
	};
	return unit_run("doctor_traffic", tests, sizeof(tests) / sizeof(tests[0]));
}
