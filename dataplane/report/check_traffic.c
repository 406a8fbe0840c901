// SPDX-License-Identifier: BSD-3-Clause
// --check looks at live packets for a moment, or at all packets of captures: all stages except the table, without a collector.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_launch.h>

#include "dataplane/report/check.h"
#include "dataplane/common/hints.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/settings_parts.h"
#include "dataplane/control/workers.h"
#include "dataplane/report/summary.h"

enum {
	ENOUGH = 20000, // messages, then the check of live packets ends
	RECORDS = 1000, // size of the table, which stays empty
	TCP_MEMORY = 16 << 20,
	WAIT_US = 2000
};

static void add_up(const struct dataplane *d, struct worker_stats *total)
{
	*total = (struct worker_stats){0};
	for (unsigned i = 0; i < d->settings.workers; i++)
		summary_add(total, &d->workers[i].stats);
}

// Until the captures end, or enough live packets were seen. Returns how long it took, in seconds.
static double watch(struct dataplane *d, bool (*stopped)(void))
{
	uint64_t start_ms = monotonic_ms();
	struct worker_stats total;
	double passed_s;

	do {
		usleep(WAIT_US);
		passed_s = (double)(monotonic_ms() - start_ms) / 1000;
		add_up(d, &total);
		if (!d->intake.live && intake_is_over(&d->intake))
			atomic_store_explicit(&worker_orders.drain, true, memory_order_release);
	} while (!stopped() && !workers_are_done(d) &&
		 (!d->intake.live || (passed_s < d->check_s && total.dns_udp + total.dns_tcp < ENOUGH)));
	atomic_store(&worker_orders.stop, true);
	while (!workers_are_done(d))
		usleep(WAIT_US);
	rte_eal_mp_wait_lcore();
	return passed_s;
}

static void say_hint(void *context, enum hint hint, bool is_urgent, const char *text)
{
	char topic[40];

	snprintf(topic, sizeof(topic), "traffic.%s", hints_name[hint]);
	check_say("hint", topic, "traffic: %s", text);
}

static void say(const struct worker_stats *total, bool loopback, double passed_s)
{
	uint64_t messages = total->dns_udp + total->dns_tcp;

	if (messages == 0)
		check_say("hint", "traffic.dns",
			"traffic: found no DNS in %llu packets in %.1f s; check that this is the mirrored port, and dns.ports",
			(unsigned long long)total->rx_packets, passed_s);
	else
		check_say("ok", "traffic.dns",
			"traffic: %llu packets in %.1f s, with %llu messages, of which %llu are queries",
			(unsigned long long)total->rx_packets, passed_s, (unsigned long long)messages,
			(unsigned long long)total->dns_query);
	hints_tell(total, loopback, say_hint, NULL);
}

// Starts the workers without a sandbox, because the rest of --check opens more files, and without log lines.
static int start(struct dataplane *d)
{
	const bool sandbox = d->settings.sandbox;

	d->settings.sandbox = false;
	log_level_set(LOG_LEVEL_ERROR);
	int result = workers_start(d);
	log_level_set(d->settings.log_level);
	d->settings.sandbox = sandbox;
	if (result != 0) { // workers that wait for `go` must end
		atomic_store(&worker_orders.stop, true);
		atomic_store_explicit(&worker_orders.go, true, memory_order_release);
		rte_eal_mp_wait_lcore();
	}
	return result;
}

void check_traffic(struct dataplane *d, bool (*stopped)(void))
{
	char why[1024];
	struct filter_options options;
	struct worker_stats total;

	d->settings.table_records = RECORDS;
	if (d->settings.tcp_memory > TCP_MEMORY)
		d->settings.tcp_memory = TCP_MEMORY;
	settings_filter(&d->settings, &options);
	d->filters = filter_set_read(&options, why, sizeof(why));
	if (!d->filters || !filter_set_finish(d->filters, why, sizeof(why))) {
		check_say("fail", "capture.open", "traffic: %s", why);
		return;
	}
	if (workers_set_up(d) != 0) {
		check_say("fail", "capture.open", "traffic: no memory for %llu workers",
			(unsigned long long)d->settings.workers);
		return;
	}
	for (unsigned i = 0; i < d->settings.workers; i++) {
		d->workers[i].depth = WORKER_ADMIT;
		d->workers[i].huge_pages = false;
	}
	if (start(d) != 0) {
		check_say("fail", "capture.open", "traffic: the workers cannot start");
		return;
	}
	double passed_s = watch(d, stopped);
	add_up(d, &total);
	say(&total, intake_is_loopback(&d->intake), passed_s);
}
