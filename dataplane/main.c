// SPDX-License-Identifier: BSD-3-Clause
// lookback-dataplane: packets in, aggregated records out to the collector.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/control/check.h"
#include "dataplane/privileged/helper.h"
#include "dataplane/control/huge_pages.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/control/notices.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/control/program.h"
#include "dataplane/control/settings_parts.h"
#include "dataplane/control/summary.h"
#include "dataplane/control/telemetry.h"

enum {
	TURN_WAIT_MS = 5, // of the main thread, for acknowledgements
	PROGRESS_AFTER_MS = 2000,
	FILTERS_WAIT_US = 1000,
	BYE_WAIT_MS = 1000, // for the answer to a good-bye that nothing depends on
};

static atomic_int signals_seen, hangups_seen; // while one thread is in the handler, another may get the next signal

static void on_signal(int number)
{
	if (number == SIGHUP) {
		hangups_seen++;
		return;
	}
	if (++signals_seen > 2)
		_exit(1); // whoever asks three times means it
}

// In the sandbox the helper connects. See outbox_options.
static int connect_collector(const char *socket_path)
{
	return helper_is_on() ? helper_connect() : outbox_connect(socket_path);
}

// Body of a STATS frame (common/stats.h).
static size_t write_stats(void *context, uint8_t *out, size_t size)
{
	struct program *p = context;
	struct stats_unknown unknown[STATS_UNKNOWN_MAX];
	struct stats_frame head = {.workers = (uint32_t)p->settings.workers,
		.ports = p->intake.ports_len,
		.unknown = crew_unknown(p, unknown)};
	uint8_t *at = out;

	if (sizeof(head) + sizeof(struct outbox_stats) + head.workers * WORKER_STATS_LEN * 8 +
			head.ports * (STATS_PORT_NAME_SIZE + sizeof(struct port_stats)) + sizeof(unknown) >
		size)
		return 0;
	at = mempcpy(at, &head, sizeof(head));
	struct outbox_stats outbox = *outbox_stats(p->outbox);
	outbox.reloads = p->reloads;
	outbox.reloading = reload_is_reading(&p->reload);
	outbox.reloads_refused = p->reloads_refused;
	at = mempcpy(at, &outbox, sizeof(outbox));
	for (uint32_t i = 0; i < head.workers; i++) {
		const uint64_t *values = (const uint64_t *)&p->workers[i].stats;
		for (size_t k = 0; k < WORKER_STATS_LEN; k++) {
			uint64_t value = stats_get(&values[k]);
			at = mempcpy(at, &value, sizeof(value));
		}
	}
	for (uint32_t i = 0; i < head.ports; i++) {
		struct port_stats stats;
		crew_read_port(p, i, &stats);
		at = mempcpy(at, p->intake.ports[i].name, STATS_PORT_NAME_SIZE);
		at = mempcpy(at, &stats, sizeof(stats));
	}
	at = mempcpy(at, unknown, head.unknown * sizeof(unknown[0]));
	return (size_t)(at - out);
}

// the run ────────────────────────────────────────────────────────────────────────────────────

static void show_progress(const struct program *p)
{
	static uint64_t shown_s;
	uint64_t expected = intake_expected(&p->intake);
	uint64_t now_ms = monotonic_ms();

	if (!isatty(STDERR_FILENO) || expected == 0 || now_ms / 1000 == shown_s ||
		now_ms - p->started_ms < PROGRESS_AFTER_MS)
		return;
	shown_s = now_ms / 1000;
	uint64_t packets = intake_packets(&p->intake);
	fprintf(stderr, "\r%llu of %llu packets, %llu %%, %llu frames to go ", (unsigned long long)packets,
		(unsigned long long)expected, (unsigned long long)(packets * 100 / expected),
		(unsigned long long)outbox_unacked(p->outbox));
	if (packets == expected && outbox_unacked(p->outbox) == 0)
		fputc('\n', stderr);
}

// A capture is not replayed into the void: true where no collector is there for long.
static bool collector_is_missing(struct program *p)
{
	return intake_expected(&p->intake) > 0 && collector_wait_is_over(&p->wait, outbox_stats(p->outbox));
}

// What is to be done now and then: settings read again, interfaces looked after.
static void look_around(struct program *p)
{
	static int hangups;
	static uint64_t looked_s;
	const struct intake_watch watch = {.pause = crew_pause_port, .resume = crew_resume_port, .context = p};

	crew_retire_filters(p);
	if (hangups != hangups_seen && !p->retired) {
		int seen = hangups_seen; // several while it reads are one
		if (reload_ask(&p->reload, NULL, monotonic_ms()))
			hangups = seen;
	}
	crew_reload(p);
	if (monotonic_ms() / 1000 == looked_s)
		return;
	looked_s = monotonic_ms() / 1000;
	struct intake_options options;

	settings_intake(&p->settings, &options);
	intake_watch(&p->intake, &options, &watch);
	crew_log_floods(p);
	if (!p->summary || p->intake.live) // a replay says it in the end
		notices_look(p);
}

// Until a signal or the end of the captures. Returns 0, or -1 where the collector never came.
static int run(struct program *p)
{
	bool ending = false;

	while (signals_seen == 0) {
		outbox_turn(p->outbox, TURN_WAIT_MS);
		show_progress(p);
		look_around(p);
		if (!ending && intake_is_over(&p->intake)) {
			atomic_store_explicit(&worker_orders.drain, true, memory_order_release);
			ending = true;
		}
		if (ending && crew_is_done(p))
			return 0;
		if (collector_is_missing(p))
			return -1;
	}
	return 0;
}

static void add_up(const struct program *p, struct worker_stats *total)
{
	*total = (struct worker_stats){0};
	for (unsigned i = 0; i < p->settings.workers; i++)
		summary_add(total, &p->workers[i].stats);
}

// Whether a signal came before the last packet of a replay; says so.
static bool is_cut_short(const struct program *p)
{
	uint64_t packets = intake_packets(&p->intake), expected = intake_expected(&p->intake);

	if (signals_seen == 0 || packets >= expected)
		return false;
	log_warning("stopped by a signal: %llu of %llu packets of the captures were taken", (unsigned long long)packets,
		(unsigned long long)expected);
	return true;
}

// Stopped, with nothing to hand over: whether the good-bye need not be waited for (any longer).
static bool goes_without_bye(const struct program *p, uint64_t waited_ms)
{
	if (outbox_unacked(p->outbox) > 0)
		return false;
	return !outbox_is_connected(p->outbox) || waited_ms > BYE_WAIT_MS;
}

static void tell_lost(const struct program *p, uint64_t waited_ms)
{
	struct worker_stats total;

	add_up(p, &total);
	log_error(
		"collector %s: has not taken over %llu frames in %.0f s; what they hold is lost, and %llu sightings of the "
		"tables; start lookback-collector, or raise stop.timeout",
		p->settings.collector_socket, (unsigned long long)outbox_unacked(p->outbox), (double)waited_ms / 1000,
		(unsigned long long)total.sightings_pending);
}

// Takes the tables to the collector and says good-bye. Returns 0 once the collector has everything.
static int finish(struct program *p)
{
	uint64_t start_ms = monotonic_ms();

	atomic_store(&worker_orders.stop, true);
	bool to_the_end = intake_expected(&p->intake) > 0 && signals_seen == 0;
	for (;;) {
		outbox_turn(p->outbox, TURN_WAIT_MS);
		show_progress(p);
		bool flushed = crew_is_done(p);
		uint64_t waited_ms = monotonic_ms() - start_ms;
		if (flushed)
			outbox_finish(p->outbox);
		if (outbox_is_done(p->outbox) || (flushed && !to_the_end && goes_without_bye(p, waited_ms)))
			return 0;
		if (to_the_end && collector_is_missing(p))
			return -1;
		if (to_the_end && signals_seen > 0)
			break;
		if (!to_the_end && (double)waited_ms > 1000 * p->settings.stop_timeout_s)
			break;
	}
	tell_lost(p, monotonic_ms() - start_ms);
	return -1;
}

// Prints the accounts where asked to, and checks them always. A replay that lost sightings has failed.
static int close_accounts(const struct program *p)
{
	struct worker_stats total;
	char why[256];
	int result = 0;

	add_up(p, &total);
	if (p->summary) {
		struct stats_unknown unknown[STATS_UNKNOWN_MAX];
		summary_print(&total, unknown, crew_unknown(p, unknown), p->json, stdout);
	} else
		notices_look(p);
	if (!summary_check(&total, outbox_stats(p->outbox)->sightings_framed, why, sizeof(why))) {
		log_error("the accounts do not add up, please report this: %s", why);
		result = -1;
	}
	uint64_t lost = summary_lost(&total);
	if (lost > 0)
		log_error("found no room for %llu sightings, which are lost; raise table.records",
			(unsigned long long)lost);
	if (lost > 0 && intake_expected(&p->intake) > 0)
		result = -1;
	return result;
}

static int start_dpdk(struct program *p)
{
	struct intake_options options;

	settings_intake(&p->settings, &options);
	unsigned intake_mib = intake_memory_mib(&p->intake, &options);

	return eal_start(&p->eal, (unsigned)p->settings.workers, huge_pages_packets_mib(&p->settings, intake_mib),
		intake_spare_mib(&p->intake, &options), huge_pages_wanted(&p->settings, intake_mib));
}

// Large lists take their time; a signal ends the waiting. NULL with one logged line.
static struct filter_set *first_filters(struct program *p)
{
	char why[1024] = "filters: no memory for a thread";
	struct filter_set *set = NULL;
	uint64_t start_ms = monotonic_ms(), said_ms = start_ms;
	enum reload_outcome outcome = reload_ask(&p->reload, &p->settings, start_ms) ? RELOAD_NOTHING : RELOAD_REFUSED;

	while (outcome == RELOAD_NOTHING && signals_seen == 0) {
		uint64_t now_ms = monotonic_ms();
		outcome = reload_take(&p->reload, now_ms, 0, &set, why, sizeof(why));
		if (outcome == RELOAD_NOTHING && now_ms - said_ms >= PROGRESS_AFTER_MS) {
			said_ms = now_ms;
			log_info("filters: being read for %llu s", (unsigned long long)(now_ms - start_ms) / 1000);
		}
		if (outcome == RELOAD_NOTHING)
			usleep(FILTERS_WAIT_US);
	}
	if (outcome == RELOAD_TAKEN && filter_set_finish(set, why, sizeof(why)))
		return set;
	log_error("%s", outcome == RELOAD_NOTHING ? "filters: a signal came while they were read" : why);
	filter_set_free(set);
	return NULL;
}

static int open_everything(struct program *p)
{
	bool other = p->eal.devices_named || p->intake.captures_len > 0 || p->intake.ifaces_len > 0;
	if (other && !p->eal.pci_named)
		eal_args_without_pci(&p->eal);
	if (!p->settings.telemetry)
		eal_args_add(&p->eal, "--no-telemetry", NULL);
	if (start_dpdk(p) != 0)
		return -1;
	if (packet_meta_init() != 0) {
		log_error("DPDK has no room in its buffers for time stamps");
		return -1;
	}
	p->filters = first_filters(p);
	if (!p->filters)
		return -1;
	telemetry_set_filters(&p->settings, p->filters);
	struct intake_options intake;

	settings_intake(&p->settings, &intake);
	if (intake_open(&p->intake, &intake) != 0)
		return -1;
	if (crew_set_up(p) != 0) {
		log_error("no memory for %llu workers", (unsigned long long)p->settings.workers);
		return -1;
	}
	for (unsigned i = 0; i < p->intake.ports_len; i++)
		snprintf(p->ports + strlen(p->ports), sizeof(p->ports) - strlen(p->ports), "%s%s", i ? "," : "",
			p->intake.ports[i].name);
	const struct outbox_options options = {.socket_path = p->settings.collector_socket,
		.connect = connect_collector,
		.sensor = p->settings.sensor,
		.ports = p->ports,
		.stats_body = write_stats,
		.context = p};
	p->outbox = outbox_new(&options, p->flushes, p->settings.workers);
	return p->outbox && crew_start(p) == 0 ? 0 : -1;
}

static bool is_stopped(void)
{
	return signals_seen > 0;
}

// --check: everything is opened as in a run, told about and closed again. Exit status.
static int check(struct program *p)
{
	bool any = p->eal.devices_named || p->intake.ifaces_len > 0 || (p->intake.captures_len > 0 && p->check_s > 0);

	struct intake_options options;

	settings_intake(&p->settings, &options);
	check_host(&p->settings, intake_memory_mib(&p->intake, &options));
	fflush(stdout);
	if (!any) {
		confine_check(p);
		return check_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (!p->eal.devices_named)
		eal_args_without_pci(&p->eal);
	eal_args_add(&p->eal, "--no-telemetry", NULL);
	p->eal.check = true;
	if (start_dpdk(p) != 0 || packet_meta_init() != 0 || intake_open(&p->intake, &options) != 0)
		return EXIT_FAILURE;
	check_ports(&p->intake, &p->settings);
	fflush(stdout);
	if (p->check_s > 0)
		check_traffic(p, is_stopped);
	intake_close(&p->intake);
	eal_stop();
	confine_check(p);
	return check_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct program p;
	struct sigaction action = {.sa_handler = on_signal};

	log_init("lookback-dataplane", LOG_LEVEL_INFO);
	options_read(&p, argc, argv);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	atexit(helper_end);
	atexit(iface_detach_all);
	p.started_ms = monotonic_ms();
	if (p.check)
		return check(&p);
	if (confine_begin(&p, argc, argv) != 0)
		return EXIT_FAILURE;
	if (open_everything(&p) != 0) {
		iface_detach_all();
		eal_without_huge_pages(&p.eal, argv, argc);
		return EXIT_FAILURE;
	}
	collector_wait_begin(&p.wait, p.settings.collector_socket, p.settings.replay_wait_s);
	int result = run(&p);
	bool cut_short = is_cut_short(&p);
	if (result == 0)
		result = finish(&p);
	else
		atomic_store(&worker_orders.stop, true);
	if (result == 0) {
		rte_eal_mp_wait_lcore();
		crew_log_floods(&p);
		crew_log_unknown(&p);
		result = close_accounts(&p);
		if (intake_failed(&p.intake) || cut_short)
			result = -1;
		intake_close(&p.intake);
		eal_stop();
	}
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
