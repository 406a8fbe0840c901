// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/closing.h"

#include <stdio.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/workers.h"
#include "dataplane/report/notices.h"
#include "dataplane/report/summary.h"

static void add_up(const struct dataplane *d, struct worker_stats *total)
{
	*total = (struct worker_stats){0};
	for (unsigned i = 0; i < d->settings.workers; i++)
		summary_add(total, &d->workers[i].stats);
}

bool closing_is_cut_short(const struct dataplane *d)
{
	uint64_t packets = intake_packets(&d->intake), expected = intake_expected(&d->intake);

	if (!intake_is_replay(&d->intake) || (d->intake.replay && intake_is_over(&d->intake)) ||
		(expected > 0 && packets >= expected))
		return false;
	if (d->intake.pipes_len > 0)
		log_warning("stopped by a signal: %llu packets were taken, and the pipe was not read to its end",
			(unsigned long long)packets);
	else
		log_warning("stopped by a signal: %llu of %llu packets of the captures were taken",
			(unsigned long long)packets, (unsigned long long)expected);
	return true;
}

void closing_log_lost(const struct dataplane *d, uint64_t waited_ms)
{
	struct worker_stats total;

	add_up(d, &total);
	log_error(
		"collector %s: has not taken over %llu frames in %.0f s; their sightings are lost, and %llu sightings of the "
		"tables; start lookback-collector, or raise stop.timeout",
		d->settings.collector_socket, (unsigned long long)outbox_unacked(d->outbox), (double)waited_ms / 1000,
		(unsigned long long)total.sightings_pending);
}

int closing_accounts(const struct dataplane *d)
{
	struct worker_stats total;
	char why[256];
	int result = 0;

	add_up(d, &total);
	if (d->summary) {
		struct stats_unknown unknown[STATS_UNKNOWN_MAX];
		summary_print(&total, unknown, workers_unknown(d, unknown), intake_is_loopback(&d->intake), d->json,
			stdout);
	} else
		notices_look(d);
	if (!summary_check(&total, d->follow ? follow_sightings(d->follow) : outbox_stats(d->outbox)->sightings_framed,
		    why, sizeof(why))) {
		log_error("the accounts do not add up: %s; please report this", why);
		result = -1;
	}
	uint64_t lost = summary_lost(&total);
	if (lost > 0)
		log_error("table: no room for %llu sightings, which are lost; raise table.records",
			(unsigned long long)lost);
	if (lost > 0 && intake_is_replay(&d->intake))
		result = -1;
	return result;
}

void closing_log_totals(const struct dataplane *d)
{
	const struct outbox_stats *outbox = outbox_stats(d->outbox);
	struct worker_stats total;

	add_up(d, &total);
	log_info(
		"stopped after %.1f s: %llu packets, %llu DNS messages, %llu records taken; %llu sightings in %llu records and "
		"%llu frames sent to the collector",
		(double)(monotonic_ms() - d->started_ms) / 1000, (unsigned long long)total.rx_packets,
		(unsigned long long)(total.dns_udp + total.dns_tcp), (unsigned long long)total.rr_taken,
		(unsigned long long)total.sightings_flushed, (unsigned long long)total.flush_records,
		(unsigned long long)outbox->frames_acked);
}
