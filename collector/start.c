// SPDX-License-Identifier: BSD-3-Clause
// The steps of the start, in the table `steps`.
#include "collector/collector.h"

#include "collector/api/routes.h"
#include "collector/http/listen.h"
#include "collector/serve.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool collector_spool_is_temporary(const struct collector *c)
{
	return c->options.once && c->settings.spool_dir[0] == '\0';
}

void collector_derive_settings(struct collector *c)
{
	const struct settings *s = &c->settings;

	log_level_set(s->log_level);
	c->redis = redis_settings_of(s);
	if (c->interest)
		c->redis.interest = watch_interest_hook(c->interest);
	c->spool_settings = (struct spool_settings){.size = s->spool_size,
		.memory = s->queue_size,
		.keep_s = s->spool_keep_s,
		.patience_s = s->spool_patience_s};
	settings_spool_dir(s, c->options.once, c->spool_settings.dir, sizeof(c->spool_settings.dir));
}

struct confine_paths collector_confine_paths(const struct collector *c)
{
	struct confine_paths paths = {.config = c->options.source.file,
		.spool = c->spool_settings.dir,
		.spool_is_temporary = collector_spool_is_temporary(c),
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
	return c->streams && c->sensors && c->interest ? 0 : -1;
}

static int bind_inbox(struct collector *c, char *why, size_t why_size)
{
	c->inbox = inbox_create(c->settings.collector_socket, c->sensors, why, why_size);
	return c->inbox ? 0 : -1;
}

static int choose_user(struct collector *c, char *why, size_t why_size)
{
	const struct confine_paths paths = collector_confine_paths(c);

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
	const struct confine_paths paths = collector_confine_paths(c);

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
		.context = c->context,
		.interest = c->interest,
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

static int start_block(struct collector *c, char *why, size_t why_size)
{
	if (c->settings.http.kind == ENDPOINT_NONE)
		return 0;
	c->block = block_publish_start(c->settings.block_file, &c->redis, c->zones, c->settings.psl_file, c->context,
		why, why_size);
	return c->block ? 0 : -1;
}

static int start_reloader(struct collector *c, char *why, size_t why_size)
{
	return context_reloader_start(&c->reloader, c->context, why, why_size);
}

static int start_look(struct collector *c, char *why, size_t why_size)
{
	if (c->settings.http.kind == ENDPOINT_NONE)
		return 0;
	c->look = look_start(&c->redis, c->settings.http_certificate, c->sensors);
	return c->look ? 0 : -1;
}

static int start_http(struct collector *c, char *why, size_t why_size)
{
	c->report = (struct report_sources){.spool = c->spool,
		.sensors = c->sensors,
		.writer = c->writer,
		.alerts = c->alerts.deliver,
		.index = c->names,
		.targets = c->targets,
		.watcher = c->watcher,
		.block = c->block,
		.look = c->look,
		.ready_ms = (uint64_t)(c->settings.ready_sensor_s * 1000),
		.ready_sensors = c->settings.ready_sensors,
		.spool_dir = c->spool_settings.dir};
	const struct http_sources sources = {.service = &api_service,
		.settings = &c->settings,
		.redis = &c->redis,
		.zones = c->zones,
		.context = c->context,
		.index = c->names,
		.targets = c->targets,
		.block = c->block,
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
	const struct confine_paths paths = collector_confine_paths(c);
	if (confine_seal(&c->sandbox, &c->settings, &paths, why, why_size) != 0)
		return -1;
	sandbox_text(&c->sandbox, text, sizeof(text));
	log_info("sandbox: %s", text);
	return 0;
}

// clang-format off
static start_step *const steps[] = {
	catch_signals,	    // before there is a thread
	serve_prepare,
	make_tables,	    // streams, counters of sensors
	bind_inbox,	    // sockets: while there are privileges for it
	choose_user,	    // the inbox's socket and the spool become the user's
	bind_http,
	give_up_privileges, // user, capabilities, files
	open_spool,	    // from here on threads run
	start_watcher,	    // before the writer, which asks the rules
	start_writer,
	start_alerts,
	open_names,
	start_reloader,
	start_block,
	start_look,
	start_http,
	restrict_calls,	    // when all threads run
};
// clang-format on

int collector_start(struct collector *c, char *why, size_t why_size)
{
	snprintf(why, why_size, "out of memory"); // unless a step says something else
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i](c, why, why_size) != 0)
			return -1;
	log_info("waiting for dataplanes on %s", c->settings.collector_socket);
	return 0;
}
