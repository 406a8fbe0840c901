// SPDX-License-Identifier: BSD-3-Clause
// The thread of an outlet: takes alerts from its queue and delivers them, in order. After a failure it waits, twice as long each
// time, up to `backoff`, with jitter. A receiver that hangs delays no other outlet.
#include "collector/alert/state.h"

#include "collector/base/timed_wait.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { BATCH_MAX = 100, LOG_EVERY_MS = 60000, RETRY_AFTER_MAX_S = 3600, FIRST_WAIT_MS = 1000 };

// What a thread knows of its failures.
struct trouble {
	uint64_t wait_ms;   // before the next attempt; 0: none
	uint64_t logged_ms; // monotonic time of the last line
	bool logged;	    // a line was written since the last delivery
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Between half of `ms` and all of it.
static uint64_t jitter(uint64_t ms)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)monotonic_ms() * 2654435761u;
	return ms / 2 + (ms / 2) * random / UINT32_MAX;
}

static void log_trouble(const struct outlet *o, struct trouble *t, const char *why)
{
	if (t->logged && monotonic_ms() - t->logged_ms < LOG_EVERY_MS)
		return;
	log_warning("outlet %s: %s; %lu alerts wait, next attempt in %.1f s", o->config->name, why,
		(unsigned long)alert_queue_levels(o->queue).waiting, (double)t->wait_ms / 1000);
	t->logged = true;
	t->logged_ms = monotonic_ms();
}

static void set_aside(struct outlet *o, const struct alert_queue_item *items, size_t len, const char *why)
{
	for (size_t i = 0; i < len; i++) {
		int result = alert_queue_fail(o->queue, &items[i].alert, why);
		if (result != 0)
			log_error("outlet %s: alert %s: %s; it cannot be set aside: %s", o->config->name,
				items[i].alert.field[ALERT_ID], why, strerror(-result));
	}
	log_warning("outlet %s: %zu alerts set aside, the first is %s: %s; SIGHUP tries them again", o->config->name,
		len, items[0].alert.field[ALERT_ID], why);
	alert_queue_done(o->queue, items[len - 1].number);
	__atomic_fetch_add(&o->failed, len, __ATOMIC_RELAXED);
}

// Another alert may pass this one. If others were delivered between its failures again and again, the fault is its own.
static void postpone(struct outlet *o, const struct alert_queue_item *item, const char *why)
{
	uint32_t tries = item->tries + (o->delivered != o->delivered_before);

	o->delivered_before = o->delivered;
	if (tries >= DELIVER_POSTPONED_MAX)
		set_aside(o, item, 1, why);
	else if (alert_queue_levels(o->queue).waiting > 1)
		alert_queue_postpone(o->queue, item, tries);
}

static void settle(struct outlet *o, struct trouble *t, const struct alert_queue_item *items,
	const struct alert_outcome *out)
{
	if (out->sent > 0) {
		alert_queue_done(o->queue, items[out->sent - 1].number);
		__atomic_fetch_add(&o->delivered, out->sent, __ATOMIC_RELAXED);
		t->wait_ms = 0;
	}
	bool fine = out->result == ALERT_SENT || out->result == ALERT_REFUSED;
	__atomic_store_n(&o->up, fine, __ATOMIC_RELAXED);
	if (out->result == ALERT_SENT && t->logged) {
		log_info("outlet %s: delivers again", o->config->name);
		t->logged = false;
	}
	if (out->result == ALERT_REFUSED)
		set_aside(o, items + out->sent, out->refused, out->why);
	if (fine)
		return;
	uint64_t most = (uint64_t)(o->config->backoff_s * 1000);
	uint64_t next = t->wait_ms ? t->wait_ms * 2 : FIRST_WAIT_MS;
	double after = out->after_s < RETRY_AFTER_MAX_S ? out->after_s : RETRY_AFTER_MAX_S;
	t->wait_ms = next < most ? next : most;
	if (t->wait_ms < (uint64_t)(after * 1000))
		t->wait_ms = (uint64_t)(after * 1000);
	__atomic_fetch_add(&o->retried, 1, __ATOMIC_RELAXED);
	log_trouble(o, t, out->why);
	if (out->result == ALERT_POSTPONE)
		postpone(o, &items[out->sent], out->why);
}

// Alerts that waited too long for this receiver. Returns how many of the first ones.
static size_t expire(struct outlet *o, const struct alert_queue_item *items, size_t len)
{
	size_t old = 0;

	while (old < len && now_ms() - alert_time_ms(&items[old].alert) > (int64_t)(o->config->keep_s * 1000) &&
		!__atomic_load_n(&o->up, __ATOMIC_RELAXED))
		old++;
	if (old > 0)
		set_aside(o, items, old, "it waited longer than keep");
	return old;
}

// One delivery. False if nothing waits.
static bool deliver(struct outlet *o, struct trouble *t)
{
	const struct alert_sender_kind *kind = &alert_sender_kinds[o->config->kind];
	struct alert_queue_item items[BATCH_MAX];
	struct alert_outcome outcome = {.result = ALERT_SENT};
	size_t len = alert_queue_take(o->queue, items, kind->batch);

	if (len > 0 && expire(o, items, len) == 0) {
		kind->send(&o->sender, items, len, &outcome);
		settle(o, t, items, &outcome);
	}
	for (size_t i = 0; i < len; i++)
		alert_free(&items[i].alert);
	return len > 0;
}

// Waits for alerts, or as long as the trouble says. False at the end.
static bool wait_for_work(struct outlet *o, bool more, const struct trouble *t)
{
	struct alert_deliver *d = o->deliver;
	uint64_t until_ms = monotonic_ms() + jitter(t->wait_ms);

	pthread_mutex_lock(&d->lock);
	o->busy = false;
	pthread_cond_broadcast(&d->changed);
	while (!d->outlets_stop) {
		uint64_t now = monotonic_ms();
		if (t->wait_ms > 0 ? now >= until_ms : more || alert_queue_levels(o->queue).waiting > 0)
			break;
		struct timespec until = timed_wait_until(t->wait_ms > 0 ? until_ms - now : 60000);
		pthread_cond_timedwait(&d->changed, &d->lock, &until);
	}
	bool go_on = !d->outlets_stop;
	o->busy = go_on;
	pthread_mutex_unlock(&d->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct outlet *o = arg;
	struct trouble trouble = {0};
	bool more = false;

	while (wait_for_work(o, more, &trouble))
		more = deliver(o, &trouble);
	alert_sender_kinds[o->config->kind].close(&o->sender);
	return NULL;
}

// start and end ──────────────────────────────────────────────────────────────────────────────

static struct outlet *open_outlet(struct alert_deliver *d, size_t i, char *why, size_t why_size)
{
	struct outlet *o = calloc(1, sizeof(*o));

	if (!o)
		return snprintf(why, why_size, "out of memory"), NULL;
	o->config = &d->config.outlet[i];
	o->deliver = d;
	o->sender = (struct alert_sender){.config = o->config, .abort = &d->abort};
	o->up = true;
	o->queue = alert_queue_open(d->settings.folder, o->config->name, d->settings.size, why, why_size);
	if (o->queue)
		return o;
	free(o);
	return NULL;
}

int alert_outlets_start(struct alert_deliver *d, char *why, size_t why_size)
{
	for (size_t i = 0; i < d->config.outlets; i++) {
		struct outlet *o = open_outlet(d, i, why, why_size);
		if (!o)
			return -1;
		int revived = alert_queue_revive(o->queue);
		if (revived > 0)
			log_info("outlet %s: %d alerts that were set aside are tried again", o->config->name, revived);
		pthread_mutex_lock(&d->lock);
		d->outlet[d->outlets++] = o;
		pthread_mutex_unlock(&d->lock);
		if (pthread_create(&o->thread, NULL, run, o) != 0)
			return snprintf(why, why_size, "outlet %s: cannot start a thread", o->config->name), -1;
		char name[16];
		snprintf(name, sizeof(name), "to %.12s", o->config->name);
		pthread_setname_np(o->thread, name);
		o->running = true;
	}
	return 0;
}

static void close_outlet(struct outlet *o)
{
	alert_queue_close(o->queue);
	free(o);
}

bool alert_outlets_stop(struct alert_deliver *d, uint64_t bound_ms)
{
	struct timespec until;
	bool ended = true;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(bound_ms / 1000);
	pthread_mutex_lock(&d->lock);
	d->outlets_stop = true;
	pthread_cond_broadcast(&d->changed);
	size_t len = d->outlets;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < len; i++) {
		struct outlet *o = d->outlet[i];
		int result = !o->running     ? 0
			     : bound_ms == 0 ? pthread_join(o->thread, NULL)
					     : pthread_timedjoin_np(o->thread, NULL, &until);
		o->running = result != 0;
		ended = ended && result == 0;
	}
	if (!ended)
		return false;
	pthread_mutex_lock(&d->lock);
	d->outlets = 0;
	d->outlets_stop = d->stopping;
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < len; i++)
		close_outlet(d->outlet[i]);
	return true;
}
