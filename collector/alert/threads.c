// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/state.h"

#include "collector/base/timed_wait.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STOP_MS = 2000, FRESH_MS = 3600 * 1000 };

static void release(struct alert_deliver *d)
{
	alert_progress_close(&d->progress);
	reader_free(&d->reader);
	alert_config_free(&d->config);
	if (d->next)
		alert_config_free(d->next);
	free(d->next);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

// In a new folder, alerts of the last hour are delivered, older ones are not.
static void begin_position(struct alert_progress *p)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!*p->entry)
		snprintf(p->entry, sizeof(p->entry), "%lld-0", (long long)now.tv_sec * 1000 - FRESH_MS);
}

static int start_threads(struct alert_deliver *d, char *why, size_t why_size)
{
	if (alert_progress_open(&d->progress, d->settings.folder, why, why_size) != 0)
		return -1;
	begin_position(&d->progress);
	if (alert_outlets_start(d, why, why_size) != 0)
		return -1;
	if (pthread_create(&d->thread, NULL, alert_intake_run, d) != 0)
		return snprintf(why, why_size, "alerts: cannot start a thread"), -1;
	pthread_setname_np(d->thread, "alerts");
	uint64_t waiting = 0;
	for (size_t i = 0; i < d->outlets; i++)
		waiting += alert_queue_levels(d->outlet[i]->queue).waiting;
	log_info("alerts: delivered to %zu outlets; %lu wait", d->outlets, (unsigned long)waiting);
	d->running = true;
	return 0;
}

struct alert_deliver *alert_deliver_start(struct alert_config *config, const struct alert_deliver_settings *settings,
	const struct redis_settings *redis, char *why, size_t why_size)
{
	struct alert_deliver *d = calloc(1, sizeof(*d));

	if (!d)
		return snprintf(why, why_size, "out of memory"), NULL;
	pthread_mutex_init(&d->lock, NULL);
	timed_wait_init(&d->changed);
	d->settings = *settings;
	d->redis = *redis;
	d->config = *config;
	*config = (struct alert_config){0};
	d->progress.lock = d->progress.seen_fd = -1;
	reader_init(&d->reader, redis);
	if (start_threads(d, why, why_size) == 0)
		return d;
	alert_outlets_stop(d, 0);
	release(d);
	return NULL;
}

void alert_deliver_reload(struct alert_deliver *d, struct alert_config *config)
{
	struct alert_config *next = malloc(sizeof(*next));

	if (!next) {
		alert_config_free(config);
		return;
	}
	*next = *config;
	*config = (struct alert_config){0};
	pthread_mutex_lock(&d->lock);
	struct alert_config *old = d->next;
	d->next = next;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	if (old)
		alert_config_free(old);
	free(old);
}

void alert_deliver_reconnect(struct alert_deliver *d, const struct redis_settings *redis)
{
	pthread_mutex_lock(&d->lock);
	d->redis = *redis;
	d->redis_changed = true;
	pthread_mutex_unlock(&d->lock);
}

// Whether everything is delivered. The lock is held.
static bool is_done(const struct alert_deliver *d)
{
	bool done = d->caught_up && !d->next;

	for (size_t i = 0; i < d->outlets; i++)
		done = done && !d->outlet[i]->busy && alert_queue_levels(d->outlet[i]->queue).waiting == 0;
	return done;
}

// Waits until the stream was read to its end once more, and the outlets have nothing left.
static void drain(struct alert_deliver *d, uint64_t until_ms)
{
	pthread_mutex_lock(&d->lock);
	uint64_t rounds = d->rounds;
	d->caught_up = false;
	pthread_cond_broadcast(&d->changed);
	while (monotonic_ms() < until_ms && !(d->rounds >= rounds + 2 && is_done(d))) {
		struct timespec until = timed_wait_until(50);
		pthread_cond_timedwait(&d->changed, &d->lock, &until);
	}
	pthread_mutex_unlock(&d->lock);
}

void alert_deliver_stop(struct alert_deliver *d, uint64_t drain_ms)
{
	if (!d)
		return;
	if (d->running && drain_ms > 0)
		drain(d, monotonic_ms() + drain_ms);
	pthread_mutex_lock(&d->lock);
	d->stopping = d->outlets_stop = true;
	pthread_cond_broadcast(&d->changed);
	uint64_t until_ms = monotonic_ms() + STOP_MS; // for what is under way
	for (size_t i = 0; i < d->outlets; i++)
		while (d->outlet[i]->busy && monotonic_ms() < until_ms) {
			struct timespec until = timed_wait_until(50);
			pthread_cond_timedwait(&d->changed, &d->lock, &until);
		}
	pthread_mutex_unlock(&d->lock);
	__atomic_store_n(&d->abort, true, __ATOMIC_RELAXED);
	if (d->running)
		pthread_join(d->thread, NULL);
	if (alert_outlets_stop(d, STOP_MS))
		release(d); // else the end of the process does it
}

void alert_deliver_levels(struct alert_deliver *d, struct alert_deliver_levels *out)
{
	*out = (struct alert_deliver_levels){0};
	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->outlets; i++) {
		const struct outlet *o = d->outlet[i];
		struct alert_outlet_levels *l = &out->outlet[out->len++];
		snprintf(l->name, sizeof(l->name), "%s", o->config->name);
		l->delivered = __atomic_load_n(&o->delivered, __ATOMIC_RELAXED);
		l->retried = __atomic_load_n(&o->retried, __ATOMIC_RELAXED);
		l->failed = __atomic_load_n(&o->failed, __ATOMIC_RELAXED);
		l->up = __atomic_load_n(&o->up, __ATOMIC_RELAXED);
		l->queue = alert_queue_levels(o->queue);
	}
	pthread_mutex_unlock(&d->lock);
	out->read = __atomic_load_n(&d->read, __ATOMIC_RELAXED);
	out->repeated = __atomic_load_n(&d->repeated, __ATOMIC_RELAXED);
	out->held = __atomic_load_n(&d->held, __ATOMIC_RELAXED);
	out->reading = __atomic_load_n(&d->reading, __ATOMIC_RELAXED);
}
