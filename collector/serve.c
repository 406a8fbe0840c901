// SPDX-License-Identifier: BSD-3-Clause
#include "collector/serve.h"

#include "collector/base/beat.h"
#include "collector/base/metrics.h"
#include "collector/base/round.h"
#include "dataplane/common/monotonic.h"
#include "dataplane/service/control.h"
#include "dataplane/service/notify.h"
#include "dataplane/service/stall.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	TEXT_MS = 5000,
	LIFE_PARTS = 4,	       // keep-alives per watchdog interval
	DISK_MS = 120000,      // that a transaction of the spool may take longer
	RELOAD_LONG_MS = 60000 // after that a reload counts as failed
};

static struct stall stall;
static uint64_t reload_ms; // when the reload began that is going on; 0: none
static bool asked;	   // a signal came meanwhile

static int add(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return fd < 0 ? 0 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int serve_prepare(struct collector *c, char *why, size_t why_size)
{
	control_open();
	c->events = epoll_create1(EPOLL_CLOEXEC);
	if (c->events >= 0 && add(c->events, c->signals) == 0 && add(c->events, control_fd()) == 0 &&
		add(c->events, round_fd()) == 0)
		return 0;
	snprintf(why, why_size, "epoll: %s", strerror(errno));
	return -1;
}

// reload ─────────────────────────────────────────────────────────────────────────────────────

// Reads the settings; the parts read theirs, some in threads of their own.
static void reload(struct collector *c)
{
	struct settings fresh;
	char why[1024];

	asked = false;
	reload_ms = monotonic_ms();
	notify_reloading();
	round_begin();
	if (settings_load(&fresh, &c->options.source, why, sizeof(why)) != 0) {
		log_error("%s; the settings stay as they are", why);
		round_end(why);
		return;
	}
	settings_reload(&c->settings, &fresh);
	settings_free(&fresh);
	collector_derive_settings(c);
	spool_reload(c->spool, &c->spool_settings);
	writer_reload(c->writer, &c->redis);
	watcher_reload(c->watcher, &c->redis, c->settings.alert_max);
	block_publish_reload(c->block, c->settings.block_file, &c->redis);
	alert_service_reload(&c->alerts, &c->redis);
	look_reload(c->look, &c->redis);
	context_reloader_ask(c->reloader);
	round_end(NULL);
}

static void note_outcome(const char *why)
{
	reload_ms = 0;
	if (*why)
		metrics_add(reloads_refused, 1);
	else
		metrics_add(reloads, 1);
	if (!*why)
		log_info("settings read again");
	control_note(*why ? why : NULL);
	if (!asked)
		notify_ready();
}

// Begins a reload if one was asked for and none is going on; ends it when all parts have.
static void turn_reload(struct collector *c)
{
	char why[1024];

	if (round_is_over(why, sizeof(why)) && reload_ms != 0)
		note_outcome(why);
	if (reload_ms != 0 && monotonic_ms() - reload_ms > RELOAD_LONG_MS)
		note_outcome("a part of the collector takes longer than 60 s to read its files");
	if (asked && !round_is_open())
		reload(c);
}

// Handles pending signals. False if one of them ends the program.
static bool handle_signals(struct collector *c)
{
	struct signalfd_siginfo info;
	bool go_on = true;

	while (read(c->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			asked = true;
		else
			go_on = false;
	}
	return go_on;
}

// the service manager ────────────────────────────────────────────────────────────────────────

// Every five seconds, and when Redis goes away or comes back.
static void put_text(struct collector *c, uint64_t now_ms)
{
	static uint64_t text_ms, records;
	static bool was_up;
	uint64_t received = stats_get(&collector_stats.records_received),
		 dataplanes = stats_get(&collector_stats.connections);
	char why[400], state[100];
	bool up = writer_is_up(c->writer, why, sizeof(why));

	if (text_ms != 0 && up == was_up && now_ms - text_ms < TEXT_MS)
		return;
	double seconds = text_ms && now_ms > text_ms ? (double)(now_ms - text_ms) / 1000 : 1;
	snprintf(state, sizeof(state), "%lu dataplane%s, %.0f records/s", (unsigned long)dataplanes,
		dataplanes == 1 ? "" : "s", text_ms ? (double)(received - records) / seconds : 0);
	if (up)
		notify_status("%s; Redis accepts writes", state);
	else
		notify_status("waiting for Redis (%s); %s, %lu batches in the spool", why, state,
			(unsigned long)spool_levels(c->spool).waiting);
	was_up = up;
	text_ms = now_ms;
	records = received;
}

// Whether all threads make progress. A command of Redis may take redis.timeout, a transaction of the spool as long as the disk.
static bool threads_live(const struct collector *c, uint64_t now_ms)
{
	static bool said;
	bool all = true;

	for (int t = 0; t < BEAT_THREADS && all; t++) {
		bool excused;
		uint64_t turns = beat_turns((enum beat_thread)t, &excused);
		uint64_t more_ms = t == BEAT_SPOOL ? DISK_MS : (uint64_t)(c->settings.redis_timeout_s * 1000);
		uint64_t still_ms = stall_look(&stall, (unsigned)t, turns, excused, more_ms, now_ms);
		all = still_ms == 0;
		if (!all && !said)
			log_error(
				"thread %s: has made no progress for %.1f s; the watchdog of the service manager will restart the program",
				beat_name[t], (double)still_ms / 1000);
		said |= !all;
	}
	said &= !all;
	return all;
}

static void notify_turn(struct collector *c)
{
	static uint64_t life_ms;
	uint64_t now_ms = monotonic_ms(), watchdog_ms = notify_watchdog_ms();

	if (!notify_is_on())
		return;
	put_text(c, now_ms);
	if (watchdog_ms == 0 || now_ms - life_ms < watchdog_ms / LIFE_PARTS)
		return;
	life_ms = now_ms;
	if (threads_live(c, now_ms))
		notify_alive();
}

// One turn. False: a signal ends the program.
static bool turn(struct collector *c)
{
	inbox_turn(c->inbox, c->events);
	control_accept();
	if (!handle_signals(c))
		return false;
	turn_reload(c);
	control_answer(!asked && reload_ms == 0);
	notify_turn(c);
	return true;
}

int serve(struct collector *c)
{
	stall_init(&stall, notify_watchdog_ms());
	put_text(c, monotonic_ms());
	notify_ready();
	while (turn(c))
		if (c->options.once && inbox_is_finished(c->inbox) && spool_is_empty(c->spool))
			return EXIT_SUCCESS;
	notify_stopping();
	return c->options.once ? EXIT_FAILURE : EXIT_SUCCESS;
}
