// SPDX-License-Identifier: BSD-3-Clause
// lookback-collector: frames of dataplanes → spool → Redis; metrics and lookups over HTTP. The steps of the start are in
// start.c.
//
//     main thread     signals and the inbox's poll loop         inbox/inbox.h
//     spool thread    frames → the spool's disk                 spool/spool.h
//     writer thread   spool → Redis                             writer/writer.h
//     watch thread    new records → alerts                      watch/watcher.h
//     alerts thread   stream of alerts → queues on disk         alert/deliver.h
//     outlet threads  queues → receivers, one per outlet        alert/deliver.h
//     HTTP thread     libmicrohttpd's: counters, copies answers http/http.h
//     its watch       closes connections that are too slow      http/guard.h
//     HTTP workers    lookups, each with a connection to Redis  http/work.h
//     block thread    makes block lists                         block/publish.h
//     names thread    keeps the index of names up to date       names/index.h
//     look thread     known sensors, certificates, clock        report/look.h
//     context thread  reads files of context settings again     context/reloader.h
//
// Threads share the spool and the counters of sensors, which have locks, and counters with one writing thread each.
#include "collector/base/metrics.h"
#include "collector/base/scheduling.h"
#include "collector/check.h"
#include "collector/collector.h"
#include "collector/serve.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/service/notify.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

enum { STOP_BOUND_MS = 5000, HEAP_PIECE = 1 << 20, HEAP_KEEP = 16 << 20 };

// What this run has done. The accounts of the spool are those of all runs.
static void log_totals(const struct collector *c)
{
	struct spool_account account = spool_account(c->spool);

	log_info(
		"stopped after %.1f s: received %lu records, %lu sightings; wrote %lu records, %lu sightings in %lu batches to "
		"Redis; %lu batches are in the spool for the next start",
		(double)(monotonic_ms() - c->started_ms) / 1000,
		(unsigned long)stats_get(&collector_stats.records_received),
		(unsigned long)(account.taken - c->account_before.taken),
		(unsigned long)stats_get(&collector_stats.records_applied),
		(unsigned long)(account.applied - c->account_before.applied),
		(unsigned long)stats_get(&collector_stats.batches_applied),
		(unsigned long)spool_levels(c->spool).waiting);
}

// Lets the spool and the writer finish, sends the last acknowledgements, ends everything. Returns an exit status.
static int stop(struct collector *c, int status)
{
	if (c->inbox)
		inbox_stop(c->inbox);
	http_stop(c->http);
	look_stop(c->look);
	block_publish_stop(c->block);
	context_reloader_stop(c->reloader);
	if (c->spool)
		spool_stop(c->spool);
	if (c->inbox)
		inbox_acknowledge(c->inbox);
	if (c->writer)
		writer_stop(c->writer, STOP_BOUND_MS, collector_spool_is_temporary(c));
	watcher_stop(c->watcher);			 // after the writer: it matches what that wrote last
	alert_service_stop(&c->alerts, c->options.once); // after what writes alerts
	struct spool_levels left = c->spool ? spool_levels(c->spool) : (struct spool_levels){0};
	if (left.waiting > 0) {
		log_warning("%lu batches are not in Redis yet; %s", (unsigned long)left.waiting,
			collector_spool_is_temporary(c)
				? "they are given up; if you repeat the run, records already in Redis count twice"
				: "the spool keeps them for the next start");
		status = c->options.once ? EXIT_FAILURE : status;
	}
	if (c->started_ms != 0)
		log_totals(c);
	names_index_close(c->names);
	names_index_close(c->targets);
	inbox_free(c->inbox);
	sensors_free(c->sensors);
	spool_close(c->spool);
	free(c->streams);
	context_close(c->context);
	zone_close(c->zones);
	for (size_t i = 0; i < c->watch_files_len; i++)
		free(c->watch_files[i]);
	free(c->watch_files);
	watch_interest_free(c->interest);
	settings_free(&c->settings);
	if (c->signals >= 0)
		close(c->signals);
	if (c->events >= 0)
		close(c->events);
	return status;
}

// Reads the command line and the settings. Returns -1 to continue, or an exit status.
static int configure(struct collector *c, int argc, char **argv)
{
	char why[1024];
	int status = collector_options_parse(argc, argv, &c->options);

	if (status >= 0)
		return status;
	if (settings_load(&c->settings, &c->options.source, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	settings_in_force();
	c->interest = watch_interest_new();
	collector_derive_settings(c);
	c->watch_files_len = watch_rules_files(c->settings.watch_file, &c->watch_files);
	if (block_conf_files(c->settings.block_file, &c->watch_files, &c->watch_files_len, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	if (alert_service_configure(&c->alerts, &c->settings, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	c->zones = zone_open(c->settings.psl_file, why, sizeof(why));
	if (!c->zones || context_open(&c->context, &c->settings, c->zones, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	return -1;
}

static int check(struct collector *c)
{
	struct confine_paths paths = collector_confine_paths(c);

	paths.spool = paths.alerts = NULL; // leaves no trace
	return collector_check(&c->settings, &paths, &c->sandbox);
}

int main(int argc, char **argv)
{
	static struct collector c = {.signals = -1, .events = -1, .http_fd = -1};
	char why[1024];

	// Frames of 128 KiB are allocated and freed all the time: take them from the heap, not from pages mapped for each.
	mallopt(M_MMAP_THRESHOLD, HEAP_PIECE);
	mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
	log_init("lookback-collector", LOG_LEVEL_INFO);
	scheduling_interactive(); // threads started later inherit it, unless they say otherwise
	int status = configure(&c, argc, argv);
	if (status >= 0)
		return status;
	if (c.options.check)
		return stop(&c, check(&c));
	if (c.options.once && (status = collector_check_redis(&c.settings, false)) != 0)
		return stop(&c, status);
	log_start(c.settings.log_format, NULL);
	notify_open();
	if (collector_start(&c, why, sizeof(why)) != 0) {
		log_error("%s", why);
		return stop(&c, EXIT_FAILURE);
	}
	c.started_ms = monotonic_ms();
	c.account_before = spool_account(c.spool);
	return stop(&c, serve(&c));
}
