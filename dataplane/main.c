// SPDX-License-Identifier: BSD-3-Clause
// lookback-dataplane: packets in, aggregated records out to the collector.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/check.h"
#include "dataplane/eal.h"
#include "dataplane/intake.h"
#include "dataplane/log.h"
#include "dataplane/outbox.h"
#include "dataplane/packet_meta.h"
#include "dataplane/reload.h"
#include "dataplane/settings.h"
#include "dataplane/summary.h"
#include "dataplane/telemetry.h"
#include "dataplane/worker.h"

enum {
	EXIT_USAGE = 2,
	TURN_WAIT_MS = 5,	   // of the main thread, for acknowledgements
	PROGRESS_AFTER_S = 2,
	FRAMES_EACH = 128,	   // frames of a worker: 16 MiB
	COLLECTOR_WAIT_S = 10,	   // for the collector's socket, when a capture is replayed
	EAL_MEMORY_MIB = 256	   // besides the packet buffers
};

struct program {
	struct settings settings;
	struct eal_args eal;
	struct intake intake;
	struct worker *workers;
	struct flush **flushes;
	struct outbox *outbox;
	struct filter_set *filters;
	struct reload reload;
	uint64_t reloads, reloads_refused;
	bool summary, json, check;
	time_t started;
	char ports[128]; // names of the ports, comma-separated; the outbox tells them at each connect
};

static volatile sig_atomic_t signals_seen, hangups_seen;

static void on_signal(int number)
{
	if (number == SIGHUP) {
		hangups_seen++;
		return;
	}
	if (++signals_seen > 2)
		_exit(1); // whoever asks three times means it
}

static void print_help(const struct conf *conf)
{
	printf("Usage: lookback-dataplane [OPTION]... [-- DPDK-OPTION...]\n"
	       "Takes DNS answers off the wire and hands who resolved to what to lookback-collector.\n\n"
	       "Where packets come from (any number of each):\n"
	       "      --iface NAME       a network interface, through AF_XDP or AF_PACKET\n"
	       "  -a, --allow PCI        a network card that DPDK drives\n"
	       "      --vdev DEVICE      a virtual device of DPDK: net_pcap, net_af_xdp, net_ring, ...\n"
	       "      --replay FILE      a capture (pcap, pcapng), with its own time stamps; ends with it\n\n"
	       "Options:\n"
	       "  -c, --config FILE      read settings from FILE\n"
	       "  -o, --option KEY=VALUE set one setting, over those of the file\n"
	       "      --check            tell what this host has, and what would be better; capture nothing\n"
	       "      --summary          print the accounts at the end\n"
	       "      --json             the same as one JSON object\n"
	       "      --no-huge          use ordinary memory pages\n"
	       "  -l, --lcores, --main-lcore, --file-prefix, --socket-mem, ... go to DPDK as they are\n"
	       "  -h, --help             this text\n"
	       "  -V, --version          the version\n\n"
	       "Examples:\n"
	       "  lookback-dataplane --iface eth1\n"
	       "  lookback-dataplane -a 0000:3b:00.0 -o workers=4\n"
	       "  lookback-dataplane --replay monday.pcap --replay tuesday.pcap --summary\n\n"
	       "Settings, for FILE and -o [default]; those marked SIGHUP are read again then:\n");
	conf_help(conf, stdout);
	printf("\nExit status: 0 all is with the collector, 1 something failed, 2 wrong use.\n");
}

static _Noreturn void usage_error(const char *format, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), format, what);
	log_error("%s; --help shows what there is", text);
	exit(EXIT_USAGE);
}

enum long_option { OPTION_IFACE = 256, OPTION_REPLAY, OPTION_SUMMARY, OPTION_JSON, OPTION_CHECK };

static const struct option long_options[] = {
	{"iface", required_argument, NULL, OPTION_IFACE}, {"replay", required_argument, NULL, OPTION_REPLAY},
	{"config", required_argument, NULL, 'C'}, {"option", required_argument, NULL, 'o'},
	{"check", no_argument, NULL, OPTION_CHECK}, {"summary", no_argument, NULL, OPTION_SUMMARY}, {"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};

// Moves DPDK's options from argv to its own list, so that getopt sees ours alone.
static int split_arguments(struct program *p, int argc, char **argv, char **ours)
{
	int len = 0;
	bool has_value;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				eal_args_add(&p->eal, argv[i], NULL);
			break;
		}
		// -c is our configuration file; DPDK's core mask of that name is long out of use
		if (i == 0 || argv[i][0] != '-' || strncmp(argv[i], "-c", 2) == 0 || !eal_is_option(argv[i], &has_value)) {
			ours[len++] = argv[i];
			continue;
		}
		if (has_value && i + 1 == argc)
			usage_error("option '%s' wants a value", argv[i]);
		const char *value = has_value ? argv[i + 1] : strchr(argv[i], '=') ? strchr(argv[i], '=') + 1 : NULL;
		if (strncmp(argv[i], "--vdev", 6) == 0 && value && intake_add_vdev(&p->intake, value) != 0)
			exit(EXIT_FAILURE);
		if (strncmp(argv[i], "-a", 2) == 0 || strncmp(argv[i], "--allow", 7) == 0)
			p->intake.live = true;
		eal_args_add(&p->eal, argv[i], has_value ? value : NULL);
		i += has_value;
	}
	ours[len] = NULL;
	return len;
}

static void read_options(struct program *p, int argc, char **argv)
{
	const struct conf *conf = settings_conf(&p->settings);
	int option;
	char why[1024];

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:o:hV", long_options, NULL)) != -1) {
		if (option == 'c' || option == 'C')
			p->reload.file = optarg;
		else if (option == 'o' && p->reload.options_len < RELOAD_OPTIONS_MAX)
			p->reload.options[p->reload.options_len++] = optarg;
		else if (option == OPTION_CHECK)
			p->check = true;
		else if (option == OPTION_SUMMARY || option == OPTION_JSON)
			p->summary = true, p->json |= option == OPTION_JSON;
		else if (option == 'h' || option == 'V')
			option == 'h' ? print_help(conf) : (void)printf("lookback-dataplane %s\n", LOOKBACK_VERSION), exit(0);
		else if (option == ':')
			usage_error("option '%s' wants a value", argv[optind - 1]);
		else if (option == OPTION_IFACE && intake_add_iface(&p->intake, optarg) != 0)
			exit(EXIT_FAILURE);
		else if (option == OPTION_REPLAY && intake_add_capture(&p->intake, optarg) != 0)
			exit(EXIT_FAILURE);
		else if (option == '?')
			usage_error("unknown option '%s'", argv[optind - 1]);
	}
	if (optind < argc)
		usage_error("unexpected argument '%s'", argv[optind]);
	if (reload_settings(&p->reload, &p->settings, why, sizeof(why)) != 0) {
		log_error("%s", why);
		exit(EXIT_USAGE);
	}
	log_level_set(p->settings.log_level);
}

// workers ────────────────────────────────────────────────────────────────────────────────────

// Worker i polls queue i of every port that has one.
static int set_up_workers(struct program *p)
{
	unsigned len = (unsigned)p->settings.workers;
	bool poll = false;

	p->workers = aligned_alloc(64, len * sizeof(*p->workers));
	p->flushes = calloc(len, sizeof(*p->flushes));
	if (!p->workers || !p->flushes)
		return -ENOMEM;
	memset(p->workers, 0, len * sizeof(*p->workers));
	for (unsigned i = 0; i < p->intake.ports_len; i++)
		poll |= p->intake.ports[i].is_device;
	if (!p->settings.idle_is_set)
		p->settings.idle = poll ? IDLE_POLL : IDLE_SLEEP;
	for (unsigned i = 0; i < len; i++) {
		struct worker *w = &p->workers[i];
		w->id = i;
		w->settings = &p->settings;
		w->depth = WORKER_ALL;
		atomic_store(&w->filters_next, p->filters);
		w->huge_pages = !p->eal.no_huge;
		p->flushes[i] = &w->flush;
		if (flush_init(&w->flush, i, FRAMES_EACH, &w->stats) != 0)
			return -ENOMEM;
		for (unsigned k = 0; k < p->intake.ports_len; k++) {
			const struct port *port = &p->intake.ports[k];
			if (i < port->queues)
				w->sources[w->sources_len++] = (struct worker_source){.index = k,
					.fd = port->iface && i < port->iface->fds_len ? port->iface->fds[i] : -1,
					.port = port->id,
					.queue = (uint16_t)i,
					.link = port->link,
					.packet_time = port->packet_time};
		}
	}
	return 0;
}

static bool every_worker(const struct program *p, bool (*is)(const struct worker *))
{
	for (unsigned i = 0; i < p->settings.workers; i++)
		if (!is(&p->workers[i]))
			return false;
	return true;
}

static bool is_ready(const struct worker *w)
{
	return atomic_load(&w->ready) || atomic_load(&w->failed);
}

static bool is_sound(const struct worker *w)
{
	return !atomic_load(&w->failed);
}

static bool is_done(const struct worker *w)
{
	return atomic_load(&w->done);
}

// Waits until every worker has begun a turn after this call, or has ended.
static void await_turns(struct program *p)
{
	for (unsigned i = 0; i < p->settings.workers; i++) {
		const struct worker *w = &p->workers[i];
		for (uint64_t polls = stats_get(&w->stats.polls); stats_get(&w->stats.polls) < polls + 2 && !is_done(w);)
			usleep(200);
	}
}

static void pause_port(void *context, unsigned port)
{
	struct program *p = context;

	for (unsigned i = 0; i < p->settings.workers; i++)
		for (uint32_t s = 0; s < p->workers[i].sources_len; s++)
			if (p->workers[i].sources[s].index == port)
				atomic_store(&p->workers[i].sources[s].paused, true);
	await_turns(p);
}

static void resume_port(void *context, unsigned index)
{
	struct program *p = context;
	const struct port *port = &p->intake.ports[index];

	for (unsigned i = 0; i < p->settings.workers && i < port->queues; i++) {
		for (uint32_t s = 0; s < p->workers[i].sources_len; s++) {
			struct worker_source *source = &p->workers[i].sources[s];
			if (source->index != index)
				continue;
			source->port = port->id;
			source->fd = i < port->iface->fds_len ? port->iface->fds[i] : -1;
			atomic_store_explicit(&source->paused, false, memory_order_release);
		}
	}
}

// SIGHUP: workers take the new filters in their next turn; none waits, no packet is lost.
static void reload(struct program *p)
{
	char why[1024];
	const struct settings *settings;
	struct filter_set *old = p->filters, *set = reload_filters(&p->reload, &settings, why, sizeof(why));

	if (!set) {
		p->reloads_refused++;
		log_error("%s; the settings stay as they were", why);
		return;
	}
	for (unsigned i = 0; i < p->settings.workers; i++)
		atomic_store_explicit(&p->workers[i].filters_next, set, memory_order_release);
	p->filters = set;
	telemetry_set_filters(settings, set);
	await_turns(p);
	filter_set_free(old);
	p->reloads++;
	log_info("settings read again");
}

static int start_workers(struct program *p)
{
	unsigned lcore, i = 0;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (i == p->settings.workers)
			break;
		rte_eal_remote_launch(worker_run, &p->workers[i++], lcore);
	}
	telemetry_start(p->workers, (unsigned)p->settings.workers);
	while (!every_worker(p, is_ready))
		usleep(1000);
	if (!every_worker(p, is_sound)) {
		log_error("workers: no memory for tables of table.records = %llu, tcp.memory = %llu",
			(unsigned long long)p->settings.table_records, (unsigned long long)p->settings.tcp_memory);
		return -1;
	}
	log_info("%llu worker%s, %llu records each in %s pages", (unsigned long long)p->settings.workers,
		p->settings.workers == 1 ? "" : "s", (unsigned long long)p->settings.table_records,
		table_is_huge(p->workers[0].table) ? "huge" : "ordinary");
	return 0;
}

// Body of a STATS frame (stats.h).
static size_t write_stats(void *context, uint8_t *out, size_t size)
{
	struct program *p = context;
	struct stats_frame head = {.workers = (uint32_t)p->settings.workers, .ports = p->intake.ports_len};
	uint8_t *at = out;

	if (sizeof(head) + sizeof(struct outbox_stats) + head.workers * WORKER_STATS_LEN * 8 +
			head.ports * (STATS_PORT_NAME_SIZE + sizeof(struct port_stats)) > size)
		return 0;
	at = mempcpy(at, &head, sizeof(head));
	struct outbox_stats outbox = *outbox_stats(p->outbox);
	outbox.reloads = p->reloads;
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
		port_read_stats(&p->intake.ports[i], &stats);
		at = mempcpy(at, p->intake.ports[i].name, STATS_PORT_NAME_SIZE);
		at = mempcpy(at, &stats, sizeof(stats));
	}
	return (size_t)(at - out);
}

// the run ────────────────────────────────────────────────────────────────────────────────────

static void show_progress(const struct program *p)
{
	static time_t shown;
	uint64_t expected = intake_expected(&p->intake);
	time_t now = time(NULL);

	if (!isatty(STDERR_FILENO) || expected == 0 || now == shown || now - p->started < PROGRESS_AFTER_S)
		return;
	shown = now;
	uint64_t packets = intake_packets(&p->intake);
	fprintf(stderr, "\r%llu of %llu packets, %llu %%, %llu frames to go ", (unsigned long long)packets,
		(unsigned long long)expected, (unsigned long long)(packets * 100 / expected),
		(unsigned long long)outbox_unacked(p->outbox));
	if (packets == expected && outbox_unacked(p->outbox) == 0)
		fputc('\n', stderr);
}

// A capture is not replayed into the void: true where no collector is there for long.
static bool collector_never_came(const struct program *p)
{
	if (intake_expected(&p->intake) == 0 || outbox_stats(p->outbox)->connects > 0 ||
		time(NULL) - p->started <= COLLECTOR_WAIT_S)
		return false;
	log_error("collector %s: not there after %d s; start lookback-collector first", p->settings.collector_socket,
		COLLECTOR_WAIT_S);
	return true;
}

// What is to be done now and then: settings read again, interfaces looked after.
static void look_around(struct program *p)
{
	static sig_atomic_t hangups;
	static time_t looked;
	const struct intake_watch watch = {.pause = pause_port, .resume = resume_port, .context = p};

	if (hangups != hangups_seen) {
		hangups = hangups_seen;
		reload(p);
	}
	if (time(NULL) == looked)
		return;
	looked = time(NULL);
	intake_watch(&p->intake, &p->settings, &watch);
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
		if (ending && every_worker(p, is_done))
			return 0;
		if (collector_never_came(p))
			return -1;
	}
	return 0;
}

// Takes the tables to the collector and says good-bye. Returns 0 once the collector has everything.
static int finish(struct program *p)
{
	struct timespec start, now;

	atomic_store(&worker_orders.stop, true);
	if (p->intake.replay)
		replay_stop(p->intake.replay);
	clock_gettime(CLOCK_MONOTONIC, &start);
	bool to_the_end = intake_expected(&p->intake) > 0 && signals_seen == 0;
	for (;;) {
		outbox_turn(p->outbox, TURN_WAIT_MS);
		show_progress(p);
		if (every_worker(p, is_done))
			outbox_finish(p->outbox);
		if (outbox_is_done(p->outbox))
			return 0;
		if (to_the_end && (signals_seen > 0 || collector_never_came(p)))
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!to_the_end && (double)(now.tv_sec - start.tv_sec) > p->settings.stop_timeout_s)
			break;
	}
	log_error("collector %s: has not taken over %llu frames in %.0f s; what they hold is lost",
		p->settings.collector_socket, (unsigned long long)outbox_unacked(p->outbox), p->settings.stop_timeout_s);
	return -1;
}

// Prints the accounts where asked to, and checks them always.
static int close_accounts(const struct program *p)
{
	struct worker_stats total = {0};
	char why[256];

	for (unsigned i = 0; i < p->settings.workers; i++)
		summary_add(&total, &p->workers[i].stats);
	if (p->summary)
		summary_print(&total, p->json, stdout);
	if (summary_check(&total, why, sizeof(why)))
		return 0;
	log_error("the accounts do not add up, please report this: %s", why);
	return -1;
}

static int open_everything(struct program *p)
{
	char why[1024];

	bool other = p->eal.devices_named || p->intake.captures_len > 0 || p->intake.ifaces_len > 0;
	if (other && !p->eal.pci_named)
		eal_args_add(&p->eal, "--no-pci", NULL);
	unsigned memory = EAL_MEMORY_MIB + (unsigned)(p->settings.workers * (p->settings.rx_descriptors +
							p->settings.frag_datagrams * 8) * 3 / 1024);
	if (!p->settings.telemetry)
		eal_args_add(&p->eal, "--no-telemetry", NULL);
	if (eal_start(&p->eal, (unsigned)p->settings.workers, memory) != 0)
		return -1;
	if (packet_meta_init() != 0) {
		log_error("DPDK has no room in its buffers for time stamps");
		return -1;
	}
	p->filters = filter_set_new(&p->settings, why, sizeof(why));
	if (!p->filters) {
		log_error("%s", why);
		return -1;
	}
	telemetry_set_filters(&p->settings, p->filters);
	if (intake_open(&p->intake, &p->settings) != 0)
		return -1;
	if (set_up_workers(p) != 0) {
		log_error("no memory for %llu workers", (unsigned long long)p->settings.workers);
		return -1;
	}
	for (unsigned i = 0; i < p->intake.ports_len; i++)
		snprintf(p->ports + strlen(p->ports), sizeof(p->ports) - strlen(p->ports), "%s%s", i ? "," : "", p->intake.ports[i].name);
	const struct outbox_options options = {.socket_path = p->settings.collector_socket,
		.sensor = p->settings.sensor,
		.ports = p->ports,
		.stats_body = write_stats,
		.context = p};
	p->outbox = outbox_new(&options, p->flushes, p->settings.workers);
	if (!p->outbox || start_workers(p) != 0)
		return -1;
	return p->intake.replay ? replay_start(p->intake.replay) : 0;
}

// --check: everything is opened as in a run, told about and closed again. Exit status.
static int check(struct program *p)
{
	bool any = p->eal.devices_named || p->intake.ifaces_len > 0;

	check_host(&p->settings);
	fflush(stdout);
	if (!any)
		return EXIT_SUCCESS;
	if (!p->eal.devices_named)
		eal_args_add(&p->eal, "--no-pci", NULL);
	eal_args_add(&p->eal, "--no-telemetry", NULL);
	if (eal_start(&p->eal, (unsigned)p->settings.workers, EAL_MEMORY_MIB) != 0 ||
		intake_open(&p->intake, &p->settings) != 0)
		return EXIT_FAILURE;
	check_ports(&p->intake, &p->settings);
	intake_close(&p->intake);
	eal_stop();
	return check_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct program p;
	struct sigaction action = {.sa_handler = on_signal};

	log_init("lookback-dataplane", LOG_LEVEL_INFO);
	conf_defaults(settings_conf(&p.settings));
	eal_args_begin(&p.eal, argv[0]);
	char **ours = calloc((size_t)argc + 1, sizeof(*ours));
	if (!ours)
		return EXIT_FAILURE;
	int ours_len = split_arguments(&p, argc, argv, ours);
	read_options(&p, ours_len, ours);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	atexit(iface_detach_all);
	p.started = time(NULL);
	if (p.check)
		return check(&p);
	if (open_everything(&p) != 0)
		return EXIT_FAILURE;
	int result = run(&p);
	if (result == 0)
		result = finish(&p);
	else
		atomic_store(&worker_orders.stop, true);
	if (result == 0) {
		rte_eal_mp_wait_lcore();
		result = close_accounts(&p);
		intake_close(&p.intake);
		eal_stop();
	}
	return result == 0 && !intake_failed(&p.intake) ? EXIT_SUCCESS : EXIT_FAILURE;
}
