// SPDX-License-Identifier: BSD-3-Clause
// lookback-collector: frames of dataplanes → spool → Redis; metrics and lookups over HTTP. The steps of the start are in the
// table `steps`.
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
//     names thread    keeps the index of names up to date       names/index.h
//     context thread  reads files of context settings again     context/reloader.h
//
// Threads share the spool and the counters of sensors, which have locks, and counters with one writing thread each.
#include "collector/alert/service.h"
#include "collector/base/confine.h"
#include "collector/base/scheduling.h"
#include "collector/check.h"
#include "collector/context/reloader.h"
#include "collector/api/routes.h"
#include "collector/http/http.h"
#include "collector/http/listen.h"
#include "collector/inbox/inbox.h"
#include "collector/names/index.h"
#include "collector/options.h"
#include "collector/report/report.h"
#include "collector/watch/watcher.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { STOP_BOUND_MS = 5000, HEAP_PIECE = 1 << 20, HEAP_KEEP = 16 << 20 };

// The parts of the running program.
struct collector {
	struct collector_options options;
	struct settings settings;
	struct redis_settings redis; // of the settings, as they are now
	struct spool_settings spool_settings;
	struct zone_list *zones;
	struct context *context;	   // NULL: no file is set
	struct context_reloader *reloader; // NULL: nothing to reload
	struct stream_registry *streams;   // the inbox's, filled by the spool
	struct spool *spool;
	struct sensors *sensors;
	struct inbox *inbox;
	struct writer *writer;
	struct watcher *watcher;
	char **watch_files; // that the rules name; owned
	size_t watch_files_len;
	struct alert_service alerts;
	struct names_index *names, *targets; // owners; what records point to
	struct report_sources report;	     // what the HTTP server reports
	struct http *http;
	int http_fd; // listening; -1: none
	int signals; // signalfd
	struct sandbox sandbox;
};

static bool spool_is_temporary(const struct collector *c)
{
	return c->options.once && c->settings.spool_dir[0] == '\0';
}

// What the parts take from the settings: at the start, and after each SIGHUP.
static void derive_settings(struct collector *c)
{
	const struct settings *s = &c->settings;

	log_level_set(s->log_level);
	c->redis = redis_settings_of(s);
	c->spool_settings = (struct spool_settings){.size = s->spool_size,
		.memory = s->queue_size,
		.keep_s = s->spool_keep_s,
		.patience_s = s->spool_patience_s};
	settings_spool_dir(s, c->options.once, c->spool_settings.dir, sizeof(c->spool_settings.dir));
}

static struct confine_paths confine_paths_of(const struct collector *c)
{
	struct confine_paths paths = {.config = c->options.source.file,
		.spool = c->spool_settings.dir,
		.spool_is_temporary = spool_is_temporary(c),
		.more = c->watch_files,
		.more_len = c->watch_files_len};

	alert_service_confine(&c->alerts, &paths);
	return paths;
}

// the steps of the start ───────────────────────────────────────────────────────────────────────

// A step returns 0, or -1 with one line in `why`.
typedef int start_step(struct collector *c, char *why, size_t why_size);

// Signals arrive through a descriptor; threads started later inherit the mask.
static int catch_signals(struct collector *c, char *why, size_t why_size)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	spool_catch_bus_error();
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals < 0 ? -1 : 0;
}

static int make_tables(struct collector *c, char *why, size_t why_size)
{
	c->streams = calloc(1, sizeof(*c->streams));
	c->sensors = sensors_create();
	return c->streams && c->sensors ? 0 : -1;
}

static int bind_inbox(struct collector *c, char *why, size_t why_size)
{
	c->inbox = inbox_create(c->settings.collector_socket, c->sensors, why, why_size);
	return c->inbox ? 0 : -1;
}

static int choose_user(struct collector *c, char *why, size_t why_size)
{
	const struct confine_paths paths = confine_paths_of(c);

	return c->settings.sandbox ? confine_begin(&c->sandbox, &c->settings, &paths, why, why_size) : 0;
}

static int bind_http(struct collector *c, char *why, size_t why_size)
{
	if (c->settings.http.kind == ENDPOINT_NONE)
		return 0;
	c->http_fd = http_listen_socket(&c->settings.http, why, why_size);
	return c->http_fd < 0 ? -1 : 0;
}

static int give_up_privileges(struct collector *c, char *why, size_t why_size)
{
	const struct confine_paths paths = confine_paths_of(c);

	return c->settings.sandbox ? confine_enter(&c->sandbox, &c->settings, &paths, why, why_size) : 0;
}

static int open_spool(struct collector *c, char *why, size_t why_size)
{
	c->spool = spool_open(&c->spool_settings, c->streams, why, why_size);
	if (!c->spool)
		return -1;
	inbox_begin(c->inbox, c->spool, c->streams);
	return 0;
}

static int start_writer(struct collector *c, char *why, size_t why_size)
{
	c->writer = writer_start(c->spool, &c->redis, c->zones);
	return c->writer ? 0 : -1;
}

static int start_watcher(struct collector *c, char *why, size_t why_size)
{
	char host[HOST_NAME_MAX + 1] = "", id[HOST_NAME_MAX + 200];

	gethostname(host, sizeof(host) - 1);
	snprintf(id, sizeof(id), "%s:%s", host, c->settings.collector_socket);
	const struct watcher_options options = {.redis = &c->redis,
		.zones = c->zones,
		.path = c->settings.watch_file,
		.id = id,
		.alert_max = c->settings.alert_max};
	c->watcher = watcher_start(&options, why, why_size);
	return c->watcher ? 0 : -1;
}

static int start_alerts(struct collector *c, char *why, size_t why_size)
{
	return alert_service_start(&c->alerts, &c->redis, why, why_size);
}

static int open_names(struct collector *c, char *why, size_t why_size)
{
	if (c->settings.http.kind == ENDPOINT_NONE)
		return 0;
	c->names = names_index_open(&c->redis, NAMES_OWNERS, c->settings.names_file, why, why_size);
	c->targets = names_index_open(&c->redis, NAMES_TARGETS, c->settings.names_file, why, why_size);
	return c->names && c->targets ? 0 : -1;
}

static int start_reloader(struct collector *c, char *why, size_t why_size)
{
	return context_reloader_start(&c->reloader, c->context, why, why_size);
}

static int start_http(struct collector *c, char *why, size_t why_size)
{
	c->report = (struct report_sources){.spool = c->spool,
		.sensors = c->sensors,
		.writer = c->writer,
		.alerts = c->alerts.deliver,
		.index = c->names,
		.targets = c->targets,
		.watcher = c->watcher};
	const struct http_sources sources = {.service = &api_service,
		.settings = &c->settings,
		.redis = &c->redis,
		.zones = c->zones,
		.context = c->context,
		.index = c->names,
		.targets = c->targets,
		.report = &c->report,
		.metrics = report_metrics,
		.status = report_status,
		.info = report_info,
		.is_ready = report_is_ready};

	if (c->settings.http.kind == ENDPOINT_NONE)
		return 0;
	c->http = http_start(&c->settings.http, c->http_fd, &sources, why, why_size);
	return c->http ? 0 : -1;
}

static int restrict_calls(struct collector *c, char *why, size_t why_size)
{
	char text[500];

	if (!c->settings.sandbox) {
		log_warning("sandbox: off; the program keeps all rights that it was started with");
		return 0;
	}
	const struct confine_paths paths = confine_paths_of(c);
	if (confine_seal(&c->sandbox, &c->settings, &paths, why, why_size) != 0)
		return -1;
	sandbox_text(&c->sandbox, text, sizeof(text));
	log_info("sandbox: %s", text);
	return 0;
}

// clang-format off
static start_step *const steps[] = {
	catch_signals,	    // before there is a thread
	make_tables,	    // streams, counters of sensors
	bind_inbox,	    // sockets: while there are privileges for it
	choose_user,	    // the inbox's socket and the spool become the user's
	bind_http,
	give_up_privileges, // user, capabilities, files
	open_spool,	    // from here on threads run
	start_writer,
	start_watcher,
	start_alerts,
	open_names,
	start_reloader,
	start_http,
	restrict_calls,	    // when all threads run
};
// clang-format on

static int start(struct collector *c, char *why, size_t why_size)
{
	snprintf(why, why_size, "out of memory"); // unless a step says something else
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i](c, why, why_size) != 0)
			return -1;
	log_info("waiting for dataplanes on %s", c->settings.collector_socket);
	return 0;
}

// running ──────────────────────────────────────────────────────────────────────────────────────

static void reload(struct collector *c)
{
	struct settings fresh;
	char why[1024];

	if (settings_load(&fresh, &c->options.source, why, sizeof(why)) != 0) {
		log_error("%s; the settings stay as they are", why);
		return;
	}
	settings_reload(&c->settings, &fresh);
	settings_free(&fresh);
	derive_settings(c);
	spool_reload(c->spool, &c->spool_settings);
	writer_reload(c->writer, &c->redis);
	watcher_reload(c->watcher, &c->redis, c->settings.alert_max);
	alert_service_reload(&c->alerts, &c->redis);
	context_reloader_ask(c->reloader);
	log_info("settings read again");
}

// Handles pending signals. False if one of them ends the program.
static bool handle_signals(struct collector *c)
{
	struct signalfd_siginfo info;
	bool go_on = true;

	while (read(c->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(c);
		else
			go_on = false;
	}
	return go_on;
}

// Serves until a signal, or with --once the end of a stream. Returns an exit status.
static int serve(struct collector *c)
{
	for (;;) {
		if (inbox_turn(c->inbox, c->signals) && !handle_signals(c))
			return c->options.once ? EXIT_FAILURE : EXIT_SUCCESS;
		if (c->options.once && inbox_is_finished(c->inbox) && spool_is_empty(c->spool))
			return EXIT_SUCCESS;
	}
}

// Lets the spool and the writer finish, sends the last acknowledgements, ends everything. Returns an exit status.
static int stop(struct collector *c, int status)
{
	if (c->inbox)
		inbox_stop(c->inbox);
	http_stop(c->http);
	context_reloader_stop(c->reloader);
	if (c->spool)
		spool_stop(c->spool);
	if (c->inbox)
		inbox_acknowledge(c->inbox);
	if (c->writer)
		writer_stop(c->writer, STOP_BOUND_MS, spool_is_temporary(c));
	watcher_stop(c->watcher);			 // after the writer: it matches what that wrote last
	alert_service_stop(&c->alerts, c->options.once); // after what writes alerts
	struct spool_levels left = c->spool ? spool_levels(c->spool) : (struct spool_levels){0};
	if (left.waiting > 0) {
		log_warning("%lu batches are not in Redis yet; %s", (unsigned long)left.waiting,
			spool_is_temporary(c)
				? "they are given up; if you repeat the run, records already in Redis count twice"
				: "the spool keeps them for the next start");
		status = c->options.once ? EXIT_FAILURE : status;
	}
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
	settings_free(&c->settings);
	if (c->signals >= 0)
		close(c->signals);
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
	derive_settings(c);
	c->watch_files_len = watch_rules_files(c->settings.watch_file, &c->watch_files);
	if (alert_service_configure(&c->alerts, &c->settings, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	c->zones = zone_open(c->settings.psl_file, why, sizeof(why));
	if (!c->zones || context_open(&c->context, &c->settings, c->zones, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	return -1;
}

static int check(struct collector *c)
{
	struct confine_paths paths = confine_paths_of(c);

	paths.spool = paths.alerts = NULL; // leaves no trace
	return collector_check(&c->settings, &paths, &c->sandbox);
}

int main(int argc, char **argv)
{
	static struct collector c = {.signals = -1, .http_fd = -1};
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
	if (start(&c, why, sizeof(why)) != 0) {
		log_error("%s", why);
		return stop(&c, EXIT_FAILURE);
	}
	return stop(&c, serve(&c));
}
