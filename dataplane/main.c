// SPDX-License-Identifier: BSD-3-Clause
// lookback-dataplane: packets in, aggregated records out to the collector. The main thread's life: start, run, finish.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/await_input.h"
#include "dataplane/control/confine.h"
#include "dataplane/control/huge_pages.h"
#include "dataplane/control/inputs.h"
#include "dataplane/control/options.h"
#include "dataplane/control/reload_first.h"
#include "dataplane/control/settings_parts.h"
#include "dataplane/control/workers.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/privileged/helper.h"
#include "dataplane/report/check.h"
#include "dataplane/report/closing.h"
#include "dataplane/report/notices.h"
#include "dataplane/report/progress.h"
#include "dataplane/report/stats_frame.h"
#include "dataplane/report/status.h"
#include "dataplane/report/telemetry.h"
#include "dataplane/service/control.h"
#include "dataplane/service/notify.h"

enum {
	TURN_WAIT_MS = 5,   // of the main thread, for acknowledgements
	EXTEND_S = 30,	    // time-out of the start, while filters are read
	BYE_WAIT_MS = 1000, // for the ACK of a BYE that no record depends on
};

static atomic_int signals_seen, hangups_seen; // atomic: two threads may be in the handler at once

static void on_signal(int number)
{
	if (number == SIGHUP) {
		hangups_seen++;
		return;
	}
	if (++signals_seen > 2)
		_exit(1); // the third one ends the program at once
}

static bool is_stopped(void)
{
	return signals_seen > 0;
}

// See outbox_options. Inside the sandbox the helper connects.
static int connect_collector(const char *socket_path)
{
	return helper_is_on() ? helper_connect() : outbox_connect(socket_path);
}

// the run ────────────────────────────────────────────────────────────────────────────────────

// Whether a replay has waited for the collector longer than replay.wait.
static bool collector_is_missing(struct dataplane *d)
{
	return intake_is_replay(&d->intake) && collector_wait_is_over(&d->wait, outbox_stats(d->outbox));
}

// Starts to read the settings after SIGHUP, and puts them in force when they were read.
static void look_at_settings(struct dataplane *d)
{
	static int hangups;

	control_accept();
	workers_retire_filters(d);
	if (hangups != hangups_seen && !d->retired) {
		int seen = hangups_seen; // signals that come while the settings are read count as one
		if (reload_ask(&d->reload, NULL, monotonic_ms())) {
			hangups = seen;
			status_reloading();
		}
	}
	if (workers_reload(d))
		telemetry_set_filters(&d->reload.settings, d->filters);
	status_reload_turn(hangups == hangups_seen && !d->retired && !reload_is_awaited(&d->reload));
}

// What is done once a second.
static void look_around(struct dataplane *d)
{
	static uint64_t looked_s;
	const struct intake_watch watch = {.pause = workers_pause_port, .resume = workers_resume_port, .context = d};
	struct intake_options options;

	if (monotonic_ms() / 1000 == looked_s)
		return;
	looked_s = monotonic_ms() / 1000;
	int64_t step = clock_steps_look(&d->clock);
	if (step != 0)
		log_warning("clock: changed by %+.1f s; first and last seen follow it, nothing is lost",
			(double)step / 1000);
	d->clock_steps += step != 0;
	settings_intake(&d->settings, &options);
	intake_watch(&d->intake, &options, &watch);
	notices_floods(d);
	if (!d->summary || d->intake.live) // a replay with --summary prints the hints at the end
		notices_look(d);
}

// Until a signal or the end of the captures. Returns 0, or -1 if the collector never came.
static int run(struct dataplane *d)
{
	bool ending = false;

	while (!is_stopped()) {
		outbox_turn(d->outbox, TURN_WAIT_MS);
		progress_show(d);
		look_at_settings(d);
		look_around(d);
		status_turn(d);
		if (d->follow)
			workers_follow(d);
		if (!ending && intake_is_over(&d->intake)) {
			atomic_store_explicit(&worker_orders.drain, true, memory_order_release);
			ending = true;
		}
		if (ending && workers_are_done(d))
			return 0;
		if (collector_is_missing(d))
			return -1;
	}
	return 0;
}

// the end ────────────────────────────────────────────────────────────────────────────────────

// After a signal, with nothing left to hand over: whether the collector's good-bye need not be waited for any longer.
static bool goes_without_bye(const struct dataplane *d, uint64_t waited_ms)
{
	if (outbox_unacked(d->outbox) > 0)
		return false;
	return !outbox_is_connected(d->outbox) || waited_ms > BYE_WAIT_MS;
}

// Hands the tables over to the collector and says good-bye. Returns 0 when the collector has everything, else -1.
static int finish(struct dataplane *d)
{
	uint64_t start_ms = monotonic_ms();

	notify_stopping();
	atomic_store(&worker_orders.stop, true);
	bool to_the_end = intake_is_replay(&d->intake) && !is_stopped();
	for (;;) {
		outbox_turn(d->outbox, TURN_WAIT_MS);
		progress_show(d);
		bool flushed = workers_are_done(d);
		uint64_t waited_ms = monotonic_ms() - start_ms;
		bool handed_over = !d->follow || follow_finish(d->follow, flushed);
		if (flushed && handed_over)
			outbox_finish(d->outbox);
		if (outbox_is_done(d->outbox) ||
			(flushed && handed_over && !to_the_end && goes_without_bye(d, waited_ms)))
			return 0;
		if (to_the_end && collector_is_missing(d))
			return -1;
		if (to_the_end && is_stopped())
			break;
		if (!to_the_end && (double)waited_ms > 1000 * d->settings.stop_timeout_s)
			break;
	}
	if (d->follow && workers_are_done(d) && follow_is_on_disk(d->follow)) {
		log_warning(
			"collector %s: has not taken over everything; the rest is on disk, and is sent after the next start",
			d->settings.collector_socket);
		return 0;
	}
	closing_log_lost(d, monotonic_ms() - start_ms);
	return -1;
}

static int end(struct dataplane *d)
{
	bool cut_short = is_stopped() && closing_is_cut_short(d);
	int result = finish(d);

	if (result != 0)
		return result;
	rte_eal_mp_wait_lcore();
	notices_floods(d);
	notices_unknown(d);
	result = closing_accounts(d);
	if (intake_failed(&d->intake) || cut_short)
		result = -1;
	closing_log_totals(d);
	follow_close(d->follow);
	d->follow = NULL;
	intake_close(&d->intake);
	eal_stop();
	return result;
}

// the start ──────────────────────────────────────────────────────────────────────────────────

static int start_dpdk(struct dataplane *d)
{
	unsigned workers = (unsigned)d->settings.workers;
	struct intake_options options;

	settings_intake(&d->settings, &options);
	unsigned intake_mib = intake_memory_mib(&d->intake, &options);
	if (eal_start(&d->eal, workers, huge_pages_packets_mib(&d->settings, intake_mib),
		    intake_spare_mib(&d->intake, &options), huge_pages_wanted(&d->settings, intake_mib)) != 0)
		return -1;
	if (packet_meta_init() == 0)
		return 0;
	log_error("DPDK has no room for time stamps in its packet buffers");
	return -1;
}

// Returns 0, -1 with one logged line, or 1 after a signal.
static int open_everything(struct dataplane *d)
{
	struct intake_options intake;

	if (inputs_are_named(d) && !d->eal.pci_named)
		eal_args_without_pci(&d->eal);
	if (!d->settings.telemetry)
		eal_args_add(&d->eal, "--no-telemetry", NULL);
	if (start_dpdk(d) != 0)
		return -1;
	int result = reload_first(d, is_stopped);
	if (result != 0)
		return result;
	telemetry_set_filters(&d->settings, d->filters);
	settings_intake(&d->settings, &intake);
	if (intake_open(&d->intake, &intake) != 0)
		return -1;
	if (d->intake.follows && inputs_follow(d) != 0)
		return -1;
	if (workers_set_up(d) != 0) {
		log_error("no memory for %llu workers", (unsigned long long)d->settings.workers);
		return -1;
	}
	for (unsigned i = 0; i < d->intake.ports_len; i++)
		snprintf(d->ports + strlen(d->ports), sizeof(d->ports) - strlen(d->ports), "%s%s", i ? "," : "",
			d->intake.ports[i].name);
	const struct outbox_options options = {.socket_path = d->settings.collector_socket,
		.connect = connect_collector,
		.sensor = d->settings.sensor,
		.ports = d->ports,
		.stats_body = stats_frame_write,
		.context = d};
	struct flush *followed = d->follow ? follow_flush(d->follow) : NULL;
	static struct flush *flushes[1];
	flushes[0] = followed;
	d->outbox = followed ? outbox_new(&options, flushes, 1) : outbox_new(&options, d->flushes, d->settings.workers);
	if (!d->outbox || (followed && follow_begin(d->follow, d->outbox, d->intake.replay, d->flushes,
					       (unsigned)d->settings.workers) != 0))
		return -1;
	if (workers_start(d) != 0)
		return -1;
	telemetry_start(d->workers, (unsigned)d->settings.workers);
	return 0;
}

// A signal came before anything was opened. Exit status: a replay was cut short.
static int stop_early(const struct dataplane *d)
{
	bool cut_short = is_stopped() && closing_is_cut_short(d);

	log_info("stopped by a signal during the start");
	eal_stop();
	return cut_short ? EXIT_FAILURE : EXIT_SUCCESS;
}

// --check: opens everything as in a run, reports, and closes it. Exit status.
static int check(struct dataplane *d)
{
	struct intake_options options;
	bool any = d->eal.devices_named || d->intake.ifaces_len > 0 ||
		   (d->intake.captures_len + d->intake.pipes_len > 0 && d->check_s > 0);

	setvbuf(stdout, NULL, _IOLBF, 0); // a line at once
	settings_intake(&d->settings, &options);
	options.queries = true; // so that a missing direction is seen
	if (d->json)
		check_as_json();
	check_host(d, intake_memory_mib(&d->intake, &options));
	if (any && !d->check_host) {
		if (!d->eal.devices_named)
			eal_args_without_pci(&d->eal);
		eal_args_add(&d->eal, "--no-telemetry", NULL);
		d->eal.check = true;
		if (start_dpdk(d) != 0 || intake_open(&d->intake, &options) != 0)
			return EXIT_FAILURE;
		check_ports(&d->intake, &d->settings);
		if (d->check_s > 0)
			check_traffic(d, is_stopped);
		intake_close(&d->intake);
		eal_stop();
	}
	check_sandbox(d);
	return check_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct dataplane d;
	struct sigaction action = {.sa_handler = on_signal};

	log_init("lookback-dataplane", LOG_LEVEL_INFO);
	options_read(&d, argc, argv);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	atexit(helper_end);
	atexit(iface_detach_all);
	d.started_ms = monotonic_ms();
	d.start_s = (uint64_t)time(NULL);
	if (d.check)
		return check(&d);
	log_start(d.settings.log_format, d.settings.sensor);
	notify_open();
	control_open();
	int awaited = await_input(&d, is_stopped, &hangups_seen);
	if (awaited != 0)
		return awaited > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (confine_begin(&d, argc, argv) != 0)
		return EXIT_FAILURE;
	int opened = open_everything(&d);
	if (opened > 0)
		return stop_early(&d);
	if (opened < 0) {
		iface_detach_all();
		eal_without_huge_pages(&d.eal, argv, argc);
		return EXIT_FAILURE;
	}
	status_ready(&d);
	collector_wait_begin(&d.wait, d.settings.collector_socket, d.settings.replay_wait_s);
	if (run(&d) != 0) {
		atomic_store(&worker_orders.stop, true);
		return EXIT_FAILURE;
	}
	return end(&d) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
