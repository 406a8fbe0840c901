// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/reload.h"

#include "dataplane/control/settings_parts.h"

#include <signal.h>
#include <stdio.h>

int reload_settings(const struct reload *reload, struct dataplane_settings *settings, char *why, size_t why_size)
{
	const struct conf_source source = {.file = reload->file,
		.options = reload->options,
		.options_len = (size_t)reload->options_len};
	struct conf_report report = {0};
	int result = settings_read(settings, &source, &report);

	conf_report_first(&report, why, why_size);
	return result;
}

static void read_all(struct reload *r)
{
	const struct dataplane_settings *settings = r->given ? r->given : &r->settings;

	struct filter_options options;

	r->set = NULL;
	if (!r->given && reload_settings(r, &r->settings, r->why, sizeof(r->why)) != 0)
		return;
	settings_filter(settings, &options);
	r->set = filter_set_read(&options, r->why, sizeof(r->why));
}

static void *run(void *reload)
{
	struct reload *r = reload;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (r->state != RELOAD_READING)
			pthread_cond_wait(&r->asked, &r->lock);
		pthread_mutex_unlock(&r->lock);
		read_all(r);
		pthread_mutex_lock(&r->lock);
		r->state = RELOAD_READ;
	}
	return NULL;
}

// The main thread handles the signals that users send. The sandbox needs another one to reach this thread.
static bool start(struct reload *r)
{
	sigset_t users, before;
	pthread_t thread;

	if (r->started)
		return true;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->asked, NULL);
	sigemptyset(&users);
	sigaddset(&users, SIGINT);
	sigaddset(&users, SIGTERM);
	sigaddset(&users, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &users, &before);
	r->started = pthread_create(&thread, NULL, run, r) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r->started) {
		pthread_setname_np(thread, "lookback-reload");
		pthread_detach(thread);
	}
	return r->started;
}

static enum reload_state state_of(struct reload *r)
{
	pthread_mutex_lock(&r->lock);
	enum reload_state state = r->state;
	pthread_mutex_unlock(&r->lock);
	return state;
}

bool reload_ask(struct reload *r, const struct dataplane_settings *given, uint64_t now_ms)
{
	if (!start(r) || state_of(r) != RELOAD_IDLE)
		return false;
	r->given = given;
	r->since_ms = now_ms;
	r->given_up = false;
	pthread_mutex_lock(&r->lock);
	r->state = RELOAD_READING;
	pthread_cond_signal(&r->asked);
	pthread_mutex_unlock(&r->lock);
	return true;
}

bool reload_is_awaited(struct reload *r)
{
	return r->started && !r->given_up && state_of(r) != RELOAD_IDLE;
}

bool reload_is_reading(struct reload *r)
{
	return r->started && state_of(r) == RELOAD_READING;
}

// Takes the result, or drops it if it is too late.
static enum reload_outcome settle(struct reload *r, struct filter_set **set, char *why, size_t why_size)
{
	*set = r->set;
	r->set = NULL;
	pthread_mutex_lock(&r->lock);
	r->state = RELOAD_IDLE;
	pthread_mutex_unlock(&r->lock);
	if (r->given_up) {
		filter_set_free(*set);
		return RELOAD_NOTHING;
	}
	snprintf(why, why_size, "%s", r->why);
	return *set ? RELOAD_TAKEN : RELOAD_REFUSED;
}

enum reload_outcome reload_take(struct reload *r, uint64_t now_ms, unsigned patience_s, struct filter_set **set,
	char *why, size_t why_size)
{
	enum reload_state state = r->started ? state_of(r) : RELOAD_IDLE;

	if (state == RELOAD_READ)
		return settle(r, set, why, why_size);
	if (state == RELOAD_IDLE || patience_s == 0 || r->given_up || now_ms - r->since_ms < patience_s * 1000ull)
		return RELOAD_NOTHING;
	r->given_up = true;
	snprintf(why, why_size,
		"settings: found filters that take longer than %u s to read, expected less; put networks into a file and "
		"name it in servers instead of filter",
		patience_s);
	return RELOAD_REFUSED;
}

static void log_fixed(const struct conf *conf)
{
	const struct setting *setting;

	for (size_t at = 0; (setting = conf_next_changed(conf, &at)) != NULL;)
		log_warning("%s: changed; takes effect after a restart", setting->name);
}

void reload_in_force(struct reload *r)
{
	log_level_set(r->settings.log_level);
	log_fixed(settings_conf(&r->settings));
}
