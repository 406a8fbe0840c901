// SPDX-License-Identifier: BSD-3-Clause
// lookback-collector: frames of dataplanes → Redis; /metrics over HTTP.
//
//     main thread     signals and the inbox's poll loop         inbox/inbox.h
//     spool thread    frames → the spool's disk                 spool/spool.h
//     writer thread   spool → Redis                             writer/writer.h
//     HTTP thread     libmicrohttpd's: counters, copies answers http/http.h
//     its watch       closes connections that are too slow      http/guard.h
//     HTTP workers    lookups, each with a connection to Redis  http/work.h
//     names thread    keeps the index of names up to date       names/index.h
//
// Threads meet in the spool and the sensors, which have their own locks, and in counters with one
// writer each.
#include "collector/base/confine.h"
#include "collector/http/http.h"
#include "collector/http/listen.h"
#include "collector/inbox/inbox.h"
#include "collector/names/index.h"
#include "collector/options.h"
#include "collector/redis/info.h"
#include "collector/report/report.h"
#include "collector/base/settings.h"
#include "collector/base/scheduling.h"

#include <errno.h>
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
	struct zone_list *zones;
	struct stream_registry *streams; // the inbox's, filled by the spool
	struct spool *spool;
	struct sensors *sensors;
	struct inbox *inbox;
	struct writer *writer;
	struct names_index *names, *targets; // owners; what records point to
	struct report_sources report;	     // what the HTTP server asks about the others
	struct http *http;
	int signals; // signalfd
	struct sandbox sandbox;
};

static bool spool_is_temporary(const struct collector *c)
{
	return c->options.once && c->settings.spool_dir[0] == '\0';
}

static struct spool_settings spool_settings_of(const struct collector *c)
{
	struct spool_settings s = {.size = c->settings.spool_size,
		.memory = c->settings.queue_size,
		.keep_s = c->settings.spool_keep_s,
		.patience_s = c->settings.spool_patience_s};

	settings_spool_dir(&c->settings, c->options.once, s.dir, sizeof(s.dir));
	return s;
}

// Connects once and closes. Returns an exit status; `say` prints what was found.
static int try_redis(const struct settings *s, bool say)
{
	struct redis_settings settings = redis_settings_of(s);
	struct redis_conn conn = {0};

	if (redis_conn_open(&conn, &settings) != 0) {
		log_error("redis %s: %s", s->redis.text, conn.why);
		return EXIT_FAILURE;
	}
	if (conn.foreign_seq) {
		log_error("redis %s: its key %sseq holds something else; is redis.prefix right?", s->redis.text,
			s->redis_prefix);
		redis_conn_close(&conn);
		return EXIT_FAILURE;
	}
	char words[2048];
	if (say && redis_info_judge(&conn.info, words, sizeof(words)) != 0)
		for (char *rest = words, *line; (line = strsep(&rest, "\n")) != NULL;)
			log_warning("redis %s: %s", s->redis.text, line);
	if (say)
		printf("redis %s: version %s, role %s, database %lu, prefix %s: ready\n", s->redis.text,
			conn.info.version[0] ? conn.info.version : "unknown",
			conn.info.role[0] ? conn.info.role : "unknown", (unsigned long)s->redis_database,
			s->redis_prefix);
	redis_conn_close(&conn);
	return EXIT_SUCCESS;
}

// Signals arrive through a descriptor; threads started later inherit the mask.
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// What takes rights, and then these are given up. Returns 0, or -1 with one line in `why`.
static int open_and_confine(struct collector *c, const char *spool, int *http_fd, char *why, size_t why_size)
{
	const struct settings *s = &c->settings;
	const struct confine_paths paths = {.config = c->options.source.file,
		.spool = spool,
		.spool_is_temporary = spool_is_temporary(c)};

	c->inbox = inbox_create(s->collector_socket, c->sensors, why, why_size);
	if (!c->inbox || (s->sandbox && confine_begin(&c->sandbox, s, &paths, why, why_size) != 0))
		return -1;
	if (s->http.kind != ENDPOINT_NONE && (*http_fd = http_listen_socket(&s->http, why, why_size)) < 0)
		return -1;
	return s->sandbox ? confine_enter(&c->sandbox, s, &paths, why, why_size) : 0;
}

// --check: in the sandbox, so that what it is too narrow for shows. Exit status.
static int check(struct collector *c, char *why, size_t why_size)
{
	const struct confine_paths paths = {.config = c->options.source.file};
	const struct settings *s = &c->settings;
	char text[500] = "off";

	printf("configuration: sound\n");
	if (http_listen_warning(s))
		log_warning("%s", http_listen_warning(s));
	if (s->sandbox && (confine_begin(&c->sandbox, s, &paths, why, why_size) != 0 ||
				  confine_enter(&c->sandbox, s, &paths, why, why_size) != 0 ||
				  confine_seal(&c->sandbox, s, why, why_size) != 0)) {
		log_error("%s", why);
		return EXIT_FAILURE;
	}
	if (s->sandbox)
		sandbox_text(&c->sandbox, text, sizeof(text));
	printf("sandbox: %s\n", text);
	return try_redis(s, true);
}

// The indexes of names and the HTTP server on `fd`. Returns 0, or -1 with one line in `why`.
static int start_http(struct collector *c, const struct redis_settings *redis, int fd, char *why, size_t why_size)
{
	c->names = names_index_open(redis, NAMES_OWNERS, c->settings.names_file, why, why_size);
	c->targets = names_index_open(redis, NAMES_TARGETS, c->settings.names_file, why, why_size);
	if (!c->names || !c->targets)
		return -1;
	c->report = (struct report_sources){.spool = c->spool,
		.sensors = c->sensors,
		.writer = c->writer,
		.index = c->names,
		.targets = c->targets};
	const struct http_sources sources = {.settings = &c->settings,
		.redis = redis,
		.zones = c->zones,
		.index = c->names,
		.targets = c->targets,
		.report = &c->report,
		.metrics = report_metrics,
		.status = report_status,
		.info = report_info,
		.is_ready = report_is_ready};
	c->http = http_start(&c->settings.http, fd, &sources, why, why_size);
	return c->http ? 0 : -1;
}

// Returns 0, or -1 with one line in `why`.
static int start(struct collector *c, char *why, size_t why_size)
{
	const struct redis_settings redis = redis_settings_of(&c->settings);

	snprintf(why, why_size, "out of memory");
	c->signals = catch_signals();
	c->streams = calloc(1, sizeof(*c->streams));
	c->sensors = sensors_create();
	if (c->signals < 0 || !c->streams || !c->sensors)
		return -1;
	spool_catch_bus_error();
	const struct spool_settings spool = spool_settings_of(c);
	int http_fd = -1;
	if (open_and_confine(c, spool.dir, &http_fd, why, why_size) != 0)
		return -1;
	c->spool = spool_open(&spool, c->streams, why, why_size);
	if (!c->spool)
		return -1;
	inbox_begin(c->inbox, c->spool, c->streams);
	c->writer = writer_start(c->spool, &redis, c->zones);
	if (!c->writer)
		return -1;
	if (c->settings.http.kind != ENDPOINT_NONE && start_http(c, &redis, http_fd, why, why_size) != 0)
		return -1;
	if (!c->settings.sandbox)
		log_warning("sandbox: off; the program keeps all rights that it was started with");
	else if (confine_seal(&c->sandbox, &c->settings, why, why_size) != 0)
		return -1;
	else {
		char text[500];
		sandbox_text(&c->sandbox, text, sizeof(text));
		log_info("sandbox: %s", text);
	}
	log_info("waiting for dataplanes on %s", c->settings.collector_socket);
	return 0;
}

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
	log_level_set(c->settings.log_level);
	const struct spool_settings spool = spool_settings_of(c);
	spool_reload(c->spool, &spool);
	const struct redis_settings redis = redis_settings_of(&c->settings);
	writer_reload(c->writer, &redis);
	log_info("settings read again");
}

// Handles pending signals. False where one of them ends the program.
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

// Lets spool and writer finish, tells dataplanes what is safe, ends everything. Returns an exit status.
static int stop(struct collector *c, int status)
{
	if (c->inbox)
		inbox_stop(c->inbox);
	http_stop(c->http);
	if (c->spool)
		spool_stop(c->spool);
	if (c->inbox)
		inbox_acknowledge(c->inbox);
	if (c->writer)
		writer_stop(c->writer, STOP_BOUND_MS, spool_is_temporary(c));
	struct spool_levels left = c->spool ? spool_levels(c->spool) : (struct spool_levels){0};
	if (left.waiting > 0) {
		log_warning("%lu batches are not in Redis yet; %s", (unsigned long)left.waiting,
			spool_is_temporary(c)
				? "they are given up, and what is there already would count twice in a second run"
				: "the spool keeps them for the next start");
		status = c->options.once ? EXIT_FAILURE : status;
	}
	names_index_close(c->names);
	names_index_close(c->targets);
	inbox_free(c->inbox);
	sensors_free(c->sensors);
	spool_close(c->spool);
	free(c->streams);
	zone_close(c->zones);
	settings_free(&c->settings);
	if (c->signals >= 0)
		close(c->signals);
	return status;
}

int main(int argc, char **argv)
{
	static struct collector c = {.signals = -1};
	char why[1024];

	// frames of 128 KiB come and go all the time: from the heap, not as pages mapped anew for each
	mallopt(M_MMAP_THRESHOLD, HEAP_PIECE);
	mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
	log_init("lookback-collector", LOG_LEVEL_INFO);
	scheduling_interactive(); // and all that follow, unless they say otherwise
	int status = collector_options_parse(argc, argv, &c.options);
	if (status >= 0)
		return status;
	if (settings_load(&c.settings, &c.options.source, why, sizeof(why)) != 0)
		return collector_options_usage("%s", why);
	settings_in_force();
	log_level_set(c.settings.log_level);
	c.zones = zone_open(c.settings.psl_file, why, sizeof(why));
	if (!c.zones)
		return collector_options_usage("%s", why);
	if (c.options.check)
		return stop(&c, check(&c, why, sizeof(why)));
	if (c.options.once && (status = try_redis(&c.settings, false)) != 0)
		return stop(&c, status);
	if (start(&c, why, sizeof(why)) != 0) {
		log_error("%s", why);
		return stop(&c, EXIT_FAILURE);
	}
	return stop(&c, serve(&c));
}
