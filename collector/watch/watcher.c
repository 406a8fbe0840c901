// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/watcher.h"

#include "collector/base/beat.h"
#include "collector/base/metrics.h"
#include "collector/base/round.h"
#include "collector/base/scheduling.h"
#include "collector/base/timed_wait.h"
#include "collector/redis/families.h"
#include "collector/watch/counts.h"
#include "collector/watch/learn.h"
#include "collector/watch/lease.h"
#include "collector/watch/news.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	IDLE_MS = 250,
	TROUBLE_MS = 1000,
	LOOK_MS = 5000,	  // between two looks at files of indicators, and at what is learned
	CURSOR_MS = 1000, // between two writes of the cursor if there are no alerts
	STOP_MS = 5000,
	START_SLACK_MS = 10000 // clocks of Redis and of this machine
};

struct watcher {
	const struct zone_list *zones;
	const struct context *context;
	char *path;
	struct watch_lease lease;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;

	struct redis_settings settings;	 // under the lock
	uint64_t alert_max;		 // under the lock
	bool reload, stopping;		 // under the lock
	struct watch_interest *interest; // borrowed; has a lock of its own
	struct watch_counts counts;	 // has a lock of its own

	// the rest is used by the thread only
	struct reader reader;
	struct watch_set *set;
	struct watch_matcher *matcher;
	struct watch_alerts alerts;
	struct watch_cursor cursor;
	struct watch_cursor stored; // as it is in Redis
	bool placed;		    // the cursor is that of Redis
	uint64_t written_ms;	    // when it was written last
	struct watch_learn *learn;  // by rule
	uint64_t start_ms;	    // wall clock: where reading begins if there is no cursor
	uint64_t look_at_ms;	    // monotonic time of the next look
	uint64_t limit;		    // of alerts; copy
	bool down;		    // trouble is in the log
	bool full;		    // a page was full: the next one is read at once
};

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// rules ────────────────────────────────────────────────────────────────────────────────────────

static void note_rules(const struct watcher *w)
{
	metrics_set(watch_rules, watch_set_rules(w->set));
	metrics_set(watch_entries, watch_set_entries(w->set));
	if (watch_set_rules(w->set) > 0)
		log_info("watch: %zu rules, %zu names and networks", watch_set_rules(w->set),
			watch_set_entries(w->set));
}

// Puts a set into force. False with one line in `why`: the old one stays.
static bool use_set(struct watcher *w, struct watch_set *set, char *why, size_t why_size)
{
	struct watch_matcher *matcher = watch_matcher_new(set);
	struct watch_learn *learn = calloc(watch_set_rules(set) + 1, sizeof(*learn));

	if (!matcher || !learn || !watch_interest_use(w->interest, set, w->context, w->path, why, why_size)) {
		if (!matcher || !learn)
			snprintf(why, why_size, "out of memory for the rules");
		watch_matcher_free(matcher);
		free(learn);
		watch_set_free(set);
		return false;
	}
	watch_matcher_free(w->matcher);
	watch_set_free(w->set); // the writer does not use it any more
	free(w->learn);
	w->set = set;
	w->matcher = matcher;
	w->learn = learn;
	w->look_at_ms = 0;
	watch_matcher_know(matcher, w->context);
	return true;
}

// Returns false with the reason in `why`.
static bool read_rules(struct watcher *w, char *why, size_t why_size)
{
	struct watch_set *set;

	beat_rest(true); // large files take their time
	bool taken = watch_set_read(&set, w->path, ~0u, why, why_size) == 0 && use_set(w, set, why, why_size);
	beat_rest(false);
	if (!taken) {
		log_error("watch: %s; the rules stay as they are", why);
		metrics_add(watch_reloads_failed, 1);
		metrics_set(watch_stale, 1);
		return false;
	}
	metrics_add(watch_reloads, 1);
	metrics_set(watch_stale, 0);
	note_rules(w);
	return true;
}

// What other threads changed. False: stop.
static bool take_changes(struct watcher *w)
{
	char why[1024];

	pthread_mutex_lock(&w->lock);
	bool reload = w->reload, stopping = w->stopping;
	if (reload) {
		reader_free(&w->reader);
		reader_init(&w->reader, &w->settings);
	}
	w->reload = false;
	w->limit = w->alert_max;
	pthread_mutex_unlock(&w->lock);
	if (reload)
		round_end(read_rules(w, why, sizeof(why)) ? NULL : why);
	return !stopping;
}

static void wait_ms(struct watcher *w, unsigned ms)
{
	beat_rest(true);
	pthread_mutex_lock(&w->lock);
	const struct timespec until = timed_wait_until(ms);
	while (!w->stopping && !w->reload)
		if (pthread_cond_timedwait(&w->change, &w->lock, &until) != 0)
			break;
	pthread_mutex_unlock(&w->lock);
	beat_rest(false);
}

size_t watcher_counts(struct watcher *w, struct watch_count out[WATCH_COUNTS_MAX + 1])
{
	return watch_counts_read(&w->counts, out);
}

// pages ────────────────────────────────────────────────────────────────────────────────────────

static void note_gap(const struct watch_page *page)
{
	if (!page->gap)
		return;
	metrics_add(watch_gaps, 1);
	metrics_add(watch_missed, page->missed > 0 ? page->missed : 1);
	log_error("watch: %lu%s records were removed from the stream watch:matched before they were looked at",
		(unsigned long)(page->missed > 0 ? page->missed : 1), page->missed > 0 ? "" : " or more");
}

// Writes the cursor without alerts, from time to time. 0, or -1 (closed).
static int move_cursor(struct watcher *w, const struct watch_cursor *after)
{
	uint64_t now = monotonic_ms();

	w->cursor = *after;
	if (w->full && now - w->written_ms < CURSOR_MS)
		return 0;
	reader_begin(&w->reader);
	watch_cursor_put(&w->reader, after);
	if (reader_send(&w->reader) != 0 || reader_drain(&w->reader) != 0)
		return -1;
	w->stored = *after;
	w->written_ms = now;
	return 0;
}

static int settle(struct watcher *w, const struct watch_page *page, const struct watch_outcome *outcome)
{
	struct watch_cursor after = {.known = true, .position = page->position};
	const redisReply *last = page->reply->element[outcome->records - 1]->element[0];

	snprintf(after.id, sizeof(after.id), "%s", last->str);
	if (after.position > 0)
		after.position -= page->len - outcome->records;
	if (w->alerts.len == 0) {
		if (move_cursor(w, &after) != 0)
			return -1;
	} else {
		int written = watch_alerts_write(&w->alerts, &w->reader, &w->stored, &after);
		if (written <= 0) {
			w->placed = false;
			return written;
		}
		w->cursor = w->stored = after;
		w->written_ms = monotonic_ms();
		watch_counts_add(&w->counts, &w->alerts);
	}
	note_gap(page);
	metrics_add(watch_matched, outcome->matched);
	metrics_add(watch_learned, outcome->learned);
	metrics_add(watch_dropped, outcome->dropped);
	return 0;
}

static int look_at_page(struct watcher *w)
{
	const struct watch_view view = {.reader = &w->reader,
		.set = w->set,
		.matcher = w->matcher,
		.context = w->context,
		.zones = w->zones,
		.learn = w->learn,
		.now_s = (uint64_t)time(NULL),
		.alert_max = w->limit};
	struct watch_outcome outcome;
	struct watch_page page;
	int result = watch_page_read(&page, &w->reader, &w->cursor);

	watch_alerts_clear(&w->alerts);
	if (result == 0 && page.len > 0) {
		uint64_t at_ms = strtoull(page.last, NULL, 10), now_ms = wall_ms();
		metrics_set(watch_lag, now_ms > at_ms ? (now_ms - at_ms) / 1000 : 0);
		w->full |= page.len == WATCH_PAGE;
		result = watch_news(&view, &page, &w->alerts, &outcome);
		w->full |= result == 0 && outcome.records < page.len;
		if (result == 0)
			result = settle(w, &page, &outcome);
	} else if (result == 0) {
		metrics_set(watch_lag, 0);
		if (strcmp(w->cursor.id, w->stored.id) != 0) // left out after a full page
			result = move_cursor(w, &w->cursor);
	}
	watch_page_free(&page);
	return result;
}

// Files of indicators that have changed; until when the rules learn.
static int look_around(struct watcher *w)
{
	char why[1024];

	if (monotonic_ms() < w->look_at_ms)
		return 0;
	if (watch_set_is_stale(w->set))
		read_rules(w, why, sizeof(why));
	w->look_at_ms = monotonic_ms() + LOOK_MS;
	return watch_learn_read(&w->reader, w->set, w->learn, (uint64_t)time(NULL));
}

// One turn. 0, or -1 (closed).
static int turn(struct watcher *w)
{
	w->full = false;
	int mine = watch_lease_keep(&w->lease, &w->reader);
	metrics_set(watch_active, mine > 0);
	if (mine <= 0) {
		w->placed = false;
		return mine;
	}
	if (look_around(w) != 0)
		return -1;
	if (!w->placed && watch_cursor_read(&w->reader, &w->cursor, w->start_ms) != 0)
		return -1;
	if (!w->placed)
		w->stored = w->cursor;
	w->placed = true;
	return look_at_page(w);
}

static void note_trouble(struct watcher *w, bool trouble)
{
	if (trouble && !w->down)
		log_warning("watch: %s; alerts wait until Redis answers", w->reader.why);
	else if (!trouble && w->down)
		log_info("watch: Redis answers again");
	w->down = trouble;
	w->placed &= !trouble;
}

static void *run(void *arg)
{
	struct watcher *w = arg;

	pthread_setname_np(pthread_self(), "watch");
	beat_begin(BEAT_WATCH);
	scheduling_background();
	note_rules(w);
	while (take_changes(w)) {
		if (watch_set_rules(w->set) == 0) {
			w->start_ms = wall_ms() - START_SLACK_MS;
			wait_ms(w, LOOK_MS);
			continue;
		}
		int result = turn(w);
		note_trouble(w, result != 0);
		if (result != 0)
			wait_ms(w, TROUBLE_MS);
		else if (!w->full)
			wait_ms(w, IDLE_MS);
	}
	const uint64_t until = monotonic_ms() + STOP_MS; // the writer has ended: the rest of its records
	while (watch_set_rules(w->set) > 0 && turn(w) == 0 && w->full && monotonic_ms() < until)
		;
	watch_lease_leave(&w->lease, &w->reader);
	beat_end();
	return NULL;
}

// start and end ────────────────────────────────────────────────────────────────────────────────

static void free_all(struct watcher *w)
{
	reader_free(&w->reader);
	watch_interest_stop(w->interest);
	watch_alerts_free(&w->alerts);
	watch_matcher_free(w->matcher);
	watch_set_free(w->set);
	free(w->learn);
	free(w->path);
	free(w);
}

struct watcher *watcher_start(const struct watcher_options *options, char *why, size_t why_size)
{
	struct watcher *w = calloc(1, sizeof(*w));
	struct watch_set *set;

	if (!w)
		return NULL;
	w->zones = options->zones;
	w->context = options->context;
	w->interest = options->interest;
	w->settings = *options->redis;
	w->limit = w->alert_max = options->alert_max;
	w->start_ms = wall_ms() - START_SLACK_MS;
	w->path = strdup(options->path);
	watch_lease_init(&w->lease, options->id);
	reader_init(&w->reader, options->redis);
	if (!w->path || watch_set_read(&set, w->path, ~0u, why, why_size) != 0 || !use_set(w, set, why, why_size)) {
		free_all(w);
		return NULL;
	}
	pthread_mutex_init(&w->lock, NULL);
	watch_counts_init(&w->counts);
	timed_wait_init(&w->change);
	if (pthread_create(&w->thread, NULL, run, w) == 0)
		return w;
	snprintf(why, why_size, "watch: no thread");
	free_all(w);
	return NULL;
}

void watcher_reload(struct watcher *w, const struct redis_settings *redis, uint64_t alert_max)
{
	pthread_mutex_lock(&w->lock);
	w->settings = *redis;
	w->alert_max = alert_max;
	if (!w->reload)
		round_join();
	w->reload = true;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
}

void watcher_stop(struct watcher *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->change);
	pthread_mutex_destroy(&w->lock);
	free_all(w);
}
