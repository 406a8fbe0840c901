// SPDX-License-Identifier: BSD-3-Clause
#include "collector/report/look.h"

#include "collector/base/metrics.h"
#include "collector/base/timed_wait.h"
#include "collector/reader/reader.h"
#include "collector/redis/families.h"
#include "collector/report/certificate.h"
#include "dataplane/common/clock_steps.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000, CERTIFICATES_MS = 60000 };

struct look {
	struct sensors *all; // borrowed; has a lock of its own
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct redis_settings settings; // under the lock
	bool reloaded, stopping;	// under the lock
	struct look_levels levels;	// under the lock

	// the rest is used by the thread only
	struct reader reader;
	struct clock_steps clock;
	int64_t http_expiry_s;
	uint64_t sensors_at_ms, certificates_at_ms; // monotonic times of the next look
};

// known sensors ────────────────────────────────────────────────────────────────────────────────

// Reads pdns:sensors. -1: Redis does not answer.
static int read_sensors(struct reader *r, struct look_sensor out[static LOOK_SENSORS_MAX], size_t *len)
{
	char last[12];

	snprintf(last, sizeof(last), "%d", LOOK_SENSORS_MAX - 1);
	reader_begin(r);
	reader_command(r, 5, "ZREVRANGE", FAMILY_SENSORS, "", 0);
	redis_encode_literal(&r->out, "0");
	redis_encode_text(&r->out, last);
	redis_encode_literal(&r->out, "WITHSCORES");
	redisReply *reply = reader_send(r) == 0 ? reader_reply(r) : NULL;
	if (!reply)
		return -1;
	*len = 0;
	for (size_t i = 0; i + 1 < reply->elements && *len < LOOK_SENSORS_MAX; i += 2) {
		struct look_sensor *s = &out[*len];
		if (reply->element[i]->type != REDIS_REPLY_STRING ||
			reply->element[i]->len >= sizeof(s->name)) // not by a sensor
			continue;
		snprintf(s->name, sizeof(s->name), "%s", reply->element[i]->str);
		s->flushed_s = reader_number(reply->element[i + 1]);
		(*len)++;
	}
	freeReplyObject(reply);
	return 0;
}

static bool has(const struct look_sensor *list, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

// A sensor that was erased (lookback erase sensor) is not missed.
static void look_at_sensors(struct look *l)
{
	static struct look_sensor fresh[LOOK_SENSORS_MAX];
	size_t len;

	if (read_sensors(&l->reader, fresh, &len) != 0)
		return;
	for (size_t i = 0; i < l->levels.sensors_len; i++)
		if (!has(fresh, len, l->levels.sensor[i].name))
			sensors_forget(l->all, l->levels.sensor[i].name);
	pthread_mutex_lock(&l->lock);
	memcpy(l->levels.sensor, fresh, len * sizeof(*fresh));
	l->levels.sensors_len = len;
	pthread_mutex_unlock(&l->lock);
}

// the rest ─────────────────────────────────────────────────────────────────────────────────────

static void look_at_certificates(struct look *l)
{
	const char *file = l->reader.settings.certificate;
	const struct look_certificate found[LOOK_CERTIFICATES_MAX] = {
		{"http.certificate", l->http_expiry_s},
		{"redis.certificate", *file ? certificate_expiry(file) : 0},
	};

	pthread_mutex_lock(&l->lock);
	l->levels.certificates_len = 0;
	for (size_t i = 0; i < LOOK_CERTIFICATES_MAX; i++)
		if (found[i].expiry_s > 0)
			l->levels.certificate[l->levels.certificates_len++] = found[i];
	pthread_mutex_unlock(&l->lock);
}

static void look_at_clock(struct look *l)
{
	int64_t step = clock_steps_look(&l->clock);

	if (step != 0)
		log_warning("clock: changed by %+.1f s; nothing is lost", (double)step / 1000);
	metrics_add(clock_steps, step != 0);
}

static void take_settings(struct look *l)
{
	if (!l->reloaded)
		return;
	l->reloaded = false;
	reader_free(&l->reader);
	reader_init(&l->reader, &l->settings);
	l->sensors_at_ms = l->certificates_at_ms = 0;
}

static void look_around(struct look *l)
{
	uint64_t now = monotonic_ms();

	look_at_clock(l);
	if (now >= l->sensors_at_ms) {
		look_at_sensors(l);
		l->sensors_at_ms = monotonic_ms() + (uint64_t)(l->reader.settings.check_s * 1000);
	}
	if (now >= l->certificates_at_ms) {
		look_at_certificates(l);
		l->certificates_at_ms = now + CERTIFICATES_MS;
	}
}

static void *run(void *arg)
{
	struct look *l = arg;

	pthread_setname_np(pthread_self(), "look");
	pthread_mutex_lock(&l->lock);
	while (!l->stopping) {
		take_settings(l);
		pthread_mutex_unlock(&l->lock);
		look_around(l);
		pthread_mutex_lock(&l->lock);
		const struct timespec until = timed_wait_until(l->reader.settings.check_s * 1000 < LOOK_MS
								       ? (uint64_t)(l->reader.settings.check_s * 1000)
								       : LOOK_MS);
		while (!l->stopping && !l->reloaded)
			if (pthread_cond_timedwait(&l->change, &l->lock, &until) != 0)
				break;
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

struct look *look_start(const struct redis_settings *redis, const char *http_certificate, struct sensors *sensors)
{
	struct look *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->all = sensors;
	l->settings = *redis;
	l->http_expiry_s = *http_certificate ? certificate_expiry(http_certificate) : 0;
	reader_init(&l->reader, redis);
	pthread_mutex_init(&l->lock, NULL);
	timed_wait_init(&l->change);
	if (pthread_create(&l->thread, NULL, run, l) == 0)
		return l;
	reader_free(&l->reader);
	free(l);
	return NULL;
}

void look_reload(struct look *l, const struct redis_settings *redis)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->settings = *redis;
	l->reloaded = true;
	pthread_cond_signal(&l->change);
	pthread_mutex_unlock(&l->lock);
}

void look_levels(struct look *l, struct look_levels *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->levels;
	pthread_mutex_unlock(&l->lock);
}

void look_stop(struct look *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_signal(&l->change);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	reader_free(&l->reader);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->change);
	free(l);
}
