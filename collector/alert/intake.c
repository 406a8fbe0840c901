// SPDX-License-Identifier: BSD-3-Clause
// The alerts thread: reads the stream, drops repetitions, applies limits, fills the queues of the outlets; takes a new
// configuration. What was read is noted on disk only after the alerts are: a crash in between repeats the reading, and the
// queues ignore what they have.
#include "collector/alert/state.h"

#include "collector/base/timed_wait.h"
#include "collector/redis/families.h"
#include "dataplane/common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void report_trouble(struct alert_deliver *d, const char *what, const char *why)
{
	if (!d->in_trouble)
		log_warning("alerts: %s: %s; tried again every %d s", what, why, DELIVER_RETRY_MS / 1000);
	d->in_trouble = true;
}

static void report_end(struct alert_deliver *d)
{
	if (d->in_trouble)
		log_info("alerts: read and stored again");
	d->in_trouble = false;
}

// queues ────────────────────────────────────────────────────────────────────────────────────

// Puts an alert into the queues of its rule's outlets. Returns 0 or -errno.
static int put(struct alert_deliver *d, const struct alert *a)
{
	const struct alert_rule_config *rule = alert_config_rule(&d->config, a->field[ALERT_RULE]);

	for (size_t i = 0; i < d->outlets; i++) {
		int result = !rule || rule->outlets >> i & 1 ? alert_queue_put(d->outlet[i]->queue, a) : 0;
		if (result != 0)
			return result;
	}
	return 0;
}

// The same of a summary, which it frees.
static int put_summary(struct alert_deliver *d, struct alert *summary)
{
	bool fresh = summary->text && !alert_progress_is_repeated(&d->progress, summary);
	int result = fresh ? put(d, summary) : 0;

	if (fresh && result == 0)
		alert_progress_note(&d->progress, summary);
	alert_free(summary);
	return result;
}

// One entry of the stream. Returns 0 or -errno: then it was not taken.
static int take_entry(struct alert_deliver *d, const redisReply *entry)
{
	struct alert a, summary;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 2 || !entry->element[0]->str)
		return 0;
	if (alert_from_entry(&a, entry->element[0]->str, entry->element[1]) != 0)
		return -ENOMEM;
	const struct alert_rule_config *rule = alert_config_rule(&d->config, a.field[ALERT_RULE]);
	int result = 0;
	__atomic_fetch_add(&d->read, 1, __ATOMIC_RELAXED);
	if (alert_progress_is_repeated(&d->progress, &a)) {
		__atomic_fetch_add(&d->repeated, 1, __ATOMIC_RELAXED);
	} else if (!alert_limits_take(&d->progress.limits, a.field[ALERT_RULE], rule ? rule->limit : 0,
			   alert_time_ms(&a), &summary)) {
		__atomic_fetch_add(&d->held, 1, __ATOMIC_RELAXED);
		result = put_summary(d, &summary);
	} else {
		result = put_summary(d, &summary);
		result = result ? result : put(d, &a);
	}
	if (result == 0) {
		alert_progress_note(&d->progress, &a);
		snprintf(d->progress.entry, sizeof(d->progress.entry), "%s", a.entry);
		d->progress.known = true;
	}
	alert_free(&a);
	return result;
}

// Hours of limits that are over.
static int end_limits(struct alert_deliver *d, bool *any)
{
	struct alert summary;
	struct timespec now;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	while (result == 0 && alert_limits_end(&d->progress.limits, (int64_t)now.tv_sec * 1000, &summary)) {
		*any = true;
		result = put_summary(d, &summary);
	}
	return result;
}

// Makes all durable: first the queues, then how far the stream was read.
static int store(struct alert_deliver *d)
{
	int result = 0;

	for (size_t i = 0; i < d->outlets && result == 0; i++)
		result = alert_queue_sync(d->outlet[i]->queue);
	if (result == 0)
		result = alert_progress_save(&d->progress);
	for (size_t i = 0; i < d->outlets && result == 0; i++)
		alert_queue_trim(d->outlet[i]->queue, d->progress.entry);
	return result;
}

// the stream ────────────────────────────────────────────────────────────────────────────────

static redisReply *ask(struct alert_deliver *d)
{
	redisReply *reply = reader_send(&d->reader) == 0 ? reader_reply(&d->reader) : NULL;

	__atomic_store_n(&d->reading, reply != NULL, __ATOMIC_RELAXED);
	if (!reply)
		report_trouble(d, "cannot read the stream", d->reader.why);
	return reply;
}

// A stream whose last entry is older than what was read is another one: Redis was emptied, or restarted with older data.
static void check_position(struct alert_deliver *d)
{
	reader_begin(&d->reader);
	reader_command(&d->reader, 6, "XREVRANGE", FAMILY_ALERT, "", 0);
	redis_encode_literal(&d->reader.out, "+");
	redis_encode_literal(&d->reader.out, "-");
	redis_encode_literal(&d->reader.out, "COUNT");
	redis_encode_literal(&d->reader.out, "1");
	redisReply *reply = ask(d);
	const char *last = reply && reply->elements > 0 && reply->element[0]->elements > 0
				   ? reply->element[0]->element[0]->str
				   : NULL;
	if (last && d->progress.known && alert_compare_entries(last, d->progress.entry) < 0) {
		log_warning("alerts: the stream was replaced by an older one, up to %.40s; it is read from its start",
			last);
		snprintf(d->progress.entry, sizeof(d->progress.entry), "0-0");
		for (size_t i = 0; i < d->outlets; i++)
			alert_queue_restart(d->outlet[i]->queue);
	}
	if (reply)
		freeReplyObject(reply);
}

// One look at the stream. Returns how many entries there were, or -1 after a failure.
static int read_page(struct alert_deliver *d)
{
	char after[ALERT_ENTRY_SIZE + 1];
	bool changed = false;
	int result = 0;

	snprintf(after, sizeof(after), "(%s", d->progress.entry);
	reader_begin(&d->reader);
	reader_command(&d->reader, 6, "XRANGE", FAMILY_ALERT, "", 0);
	redis_encode_text(&d->reader.out, after);
	redis_encode_literal(&d->reader.out, "+");
	redis_encode_literal(&d->reader.out, "COUNT");
	redis_encode_uint(&d->reader.out, DELIVER_PAGE);
	redisReply *reply = ask(d);
	if (!reply)
		return -1;
	int len = reply->type == REDIS_REPLY_ARRAY ? (int)reply->elements : 0;
	for (int i = 0; i < len && result == 0; i++)
		result = take_entry(d, reply->element[i]);
	freeReplyObject(reply);
	if (result == 0)
		result = end_limits(d, &changed);
	if (len > 0 || changed || result != 0) {
		int stored = store(d);
		result = result ? result : stored;
	}
	if (result != 0)
		report_trouble(d, d->settings.folder, strerror(-result));
	else
		report_end(d);
	return result ? -1 : len;
}

// the thread ────────────────────────────────────────────────────────────────────────────────

static void apply_reload(struct alert_deliver *d, struct alert_config *next)
{
	struct alert_outlet_levels before[ALERT_OUTLETS_MAX];
	struct alert_deliver_levels *levels = calloc(1, sizeof(*levels));
	char why[512];
	size_t len = 0;

	if (levels) {
		alert_deliver_levels(d, levels);
		len = levels->len;
		memcpy(before, levels->outlet, len * sizeof(*before));
	}
	free(levels);
	alert_outlets_stop(d, 0);
	alert_config_free(&d->config);
	d->config = *next;
	free(next);
	if (alert_outlets_start(d, why, sizeof(why)) != 0)
		log_error("alerts: %s; restart the collector", why);
	for (size_t i = 0; i < d->outlets; i++)
		for (size_t b = 0; b < len; b++)
			if (strcmp(d->outlet[i]->config->name, before[b].name) == 0) {
				__atomic_fetch_add(&d->outlet[i]->delivered, before[b].delivered, __ATOMIC_RELAXED);
				__atomic_fetch_add(&d->outlet[i]->retried, before[b].retried, __ATOMIC_RELAXED);
				__atomic_fetch_add(&d->outlet[i]->failed, before[b].failed, __ATOMIC_RELAXED);
			}
	log_info("alerts: %zu outlets", d->outlets);
}

// Waits for the next look. Returns the configuration of a reload, or NULL; `*go_on` is false at the end.
static struct alert_config *wait_for_turn(struct alert_deliver *d, int len, bool *go_on)
{
	uint64_t ms = len < 0 ? DELIVER_RETRY_MS : len == DELIVER_PAGE ? 0 : DELIVER_POLL_MS;
	struct timespec until = timed_wait_until(ms);

	pthread_mutex_lock(&d->lock);
	uint64_t rounds = ++d->rounds;
	d->caught_up = len == 0;
	pthread_cond_broadcast(&d->changed); // the outlets
	while (ms > 0 && !d->stopping && !d->next && (d->caught_up || len != 0) && rounds == d->rounds)
		if (pthread_cond_timedwait(&d->changed, &d->lock, &until) == ETIMEDOUT)
			break;
	struct alert_config *next = d->next;
	d->next = NULL;
	*go_on = !d->stopping;
	if (d->redis_changed) {
		reader_free(&d->reader);
		reader_init(&d->reader, &d->redis);
		d->redis_changed = false;
	}
	pthread_mutex_unlock(&d->lock);
	return next;
}

void *alert_intake_run(void *deliver)
{
	struct alert_deliver *d = deliver;
	uint64_t turn = 0;
	bool go_on = true;

	while (go_on) {
		int len = read_page(d);
		if (len == 0 && turn++ % 20 == 0)
			check_position(d);
		struct alert_config *next = wait_for_turn(d, len, &go_on);
		if (next && go_on)
			apply_reload(d, next);
		else if (next) {
			alert_config_free(next);
			free(next);
		}
	}
	return NULL;
}
