// SPDX-License-Identifier: BSD-3-Clause
#include "collector/writer/writer.h"

#include "collector/number/seq.h"
#include "collector/base/timed_wait.h"
#include "collector/base/beat.h"
#include "collector/base/histogram.h"
#include "collector/base/metrics.h"
#include "collector/writer/apply.h"
#include "collector/writer/state.h"
#include "collector/schema/expiry.h"
#include "collector/redis/info.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 5000,
	DECISION_MS = 250,
	IDLE_MS = 1000,
	AGAIN_MS = 20,
	AGAIN_MAX = 50,
	FRUITLESS_MAX = 3
};

static void take_settings(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->reloaded || w->conn.epoch == 0)
		w->s = w->settings;
	w->reloaded = false;
	pthread_mutex_unlock(&w->lock);
}

static bool is_stopping(struct writer *w, uint64_t *stop_at_ms)
{
	pthread_mutex_lock(&w->lock);
	bool stopping = w->stopping;
	*stop_at_ms = w->stop_at_ms;
	pthread_mutex_unlock(&w->lock);
	return stopping;
}

static void note_up(struct writer *w)
{
	if (w->logged != REDIS_TROUBLE_NONE)
		log_info("redis %s: accepts batches again; failed attempts: %u", w->s.address.text, w->failures);
	w->logged = REDIS_TROUBLE_NONE;
	w->failures = 0;
	metrics_set(redis_up, 1);
	pthread_mutex_lock(&w->lock);
	w->up = true;
	pthread_mutex_unlock(&w->lock);
}

// A batch was applied, or there was none to apply.
static void note_progress(struct writer *w)
{
	w->fruitless = 0;
	if (w->failures > 0 || w->logged != REDIS_TROUBLE_NONE)
		note_up(w);
}

// The connection is closed, or (`was_open` false) could not be opened. Logs each kind of trouble once.
static void note_down(struct writer *w, bool was_open)
{
	w->failures++;
	w->fruitless += was_open;
	schema_expiry_reset();
	for (int i = 0; i < 2; i++) {
		if (w->batch[i].state >= BATCH_SENT)
			metrics_add(batches_retried, 1);
		if (w->batch[i].state == BATCH_EXECUTING) {
			w->riders_batch = w->batch[i].in.number;
			w->riders_len = w->batch[i].riders.len;
		}
		w->batch[i].state = BATCH_IDLE;
		batch_give_back(&w->batch[i], &w->follow);
	}
	metrics_set(redis_up, 0);
	pthread_mutex_lock(&w->lock);
	w->up = false;
	snprintf(w->why, sizeof(w->why), "redis %s: %s", w->s.address.text, w->conn.why);
	pthread_mutex_unlock(&w->lock);
	// a closed connection is logged only if the next ones fail as well
	bool may_pass = was_open && w->fruitless <= FRUITLESS_MAX &&
			(w->conn.trouble == REDIS_TROUBLE_CLOSED || w->conn.trouble == REDIS_TROUBLE_FENCED);
	if (may_pass || w->conn.trouble == w->logged ||
		(w->conn.trouble == REDIS_TROUBLE_NUMBER && !w->cluster)) { // judge() in seek.c logged it
		log_debug("%s", w->why);
		return;
	}
	log_warning("%s; the records stay in the spool, retrying", w->why);
	w->logged = w->conn.trouble;
}

// Waits between attempts: intervals grow, half of each is random. A stop or new settings end it; during a stop the interval is
// the shortest one.
static void back_off(struct writer *w)
{
	unsigned shift = w->failures > 6 ? 6 : w->failures > 0 ? w->failures - 1 : 0;
	unsigned ms = (unsigned)BACKOFF_MIN_MS << shift;

	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	if (w->stopped != GUARD_SOUND && ms > DECISION_MS)
		ms = DECISION_MS; // a person waits for the effect of the decision
	ms = ms / 2 + (unsigned)rand_r(&w->random) % (ms / 2 + 1);
	beat_rest(true);
	pthread_mutex_lock(&w->lock);
	bool stopping = w->stopping;
	const struct timespec until = timed_wait_until(stopping ? BACKOFF_MIN_MS : ms);
	while (w->stopping == stopping && !w->reloaded)
		if (pthread_cond_timedwait(&w->change, &w->lock, &until) != 0)
			break;
	pthread_mutex_unlock(&w->lock);
	beat_rest(false);
}

static int connect_redis(struct writer *w)
{
	take_settings(w);
	if (redis_conn_open(&w->conn, &w->s) != 0)
		return -1;
	if (w->conn.info.cluster && !w->cluster) {
		w->cluster = cluster_new(w->spool, w->zones);
		if (!w->cluster)
			return redis_conn_fail(&w->conn, REDIS_TROUBLE_MEMORY, "no memory for a cluster");
	}
	if (!w->cluster) {
		if (redis_info_settle(&w->conn) != 0)
			return -1;
		writer_note_info(w);
	}
	if (w->conn.epoch == 1)
		log_info("redis %s: connected, version %s, database %lu", w->s.address.text,
			w->conn.info.version[0] ? w->conn.info.version : "unknown", (unsigned long)w->s.database);
	return 0;
}

// No batch: sends the riders, then waits for batches, renews the lease and checks the connection.
static int idle(struct writer *w)
{
	static const char ping[] = "*1\r\n$4\r\nPING\r\n";

	if (batch_discard(&w->batch[w->turn], &w->conn) != 0)
		return -1;
	if (w->follow.len > 0)
		return batch_send_follow(&w->batch[w->turn], &w->conn, &w->results, &w->follow, &w->s);
	if (spool_read(w->spool, w->applied + 1, &w->batch[w->turn].in, IDLE_MS))
		return 0;
	w->claim.lease.applied = w->claim.number;
	if (redis_conn_write(&w->conn, ping, sizeof(ping) - 1) != 0 || redis_conn_read(&w->conn, &w->results) != 0 ||
		lease_keep(&w->claim.lease, &w->conn, &w->s, w->claim.uuid) != 0)
		return -1;
	if (w->results.top.type == REDIS_REPLY_ERROR)
		return redis_conn_fail(&w->conn, w->results.top.trouble, "%s",
			redis_trouble_sentence[w->results.top.trouble]);
	note_progress(w);
	return 0;
}

// One step of cluster.h. The connection on which the cluster was found is not needed any more.
static int step_cluster(struct writer *w)
{
	char why[600];

	redis_conn_close(&w->conn);
	take_settings(w);
	w->s.cluster = true;
	if (writer_check_is_due(w))
		writer_check(w);
	enum cluster_outcome outcome = cluster_step(w->cluster, &w->s, IDLE_MS);
	writer_note_stops(w);
	if (outcome == CLUSTER_AGAIN && w->again++ < AGAIN_MAX) {
		usleep(1000 * (AGAIN_MS + (unsigned)rand_r(&w->random) % AGAIN_MS));
		return 0;
	}
	if (outcome == CLUSTER_AGAIN || outcome == CLUSTER_TROUBLE) {
		enum redis_trouble trouble = cluster_why(w->cluster, why, sizeof(why));
		return redis_conn_fail(&w->conn, trouble, "%s", why);
	}
	w->again = 0;
	note_progress(w);
	return 0;
}

// The batch in execution was applied and its replies were read: accounts for it.
static void settle(struct writer *w)
{
	struct batch *b = &w->batch[w->turn];

	spool_refuse(w->spool, apply_account(b, &w->results, &w->follow, &w->announced, &w->s, w->zones));
	w->applied = w->streamed = b->in.number;
	spool_acknowledge(w->spool, w->applied);
	if (!w->remembered)
		spool_remember(w->spool);
	w->remembered = true;
	note_progress(w);
	w->turn = !w->turn;
}

// Sends EXEC of `b`, and WATCH and MULTI of `after` if another batch is in the spool.
static int execute(struct writer *w, struct batch *b, struct batch *after)
{
	bool more = !w->checking && after->state < BATCH_SENT && spool_last(w->spool) > b->in.number;

	if (b->in.number > w->exec_sent)
		w->exec_sent = b->in.number;
	return batch_execute(b, &w->conn, &w->follow, more ? after : NULL, &w->claim, &w->s);
}

// One step: EXEC of the oldest batch, commands of the next one, replies to the oldest one, EXEC of the next one.
static int step(struct writer *w)
{
	struct batch *now = &w->batch[w->turn], *next = &w->batch[!w->turn];
	int result = 0;

	if (w->cluster)
		return step_cluster(w);
	take_settings(w);
	if (w->epoch != w->conn.epoch && writer_look_up(w) != 0)
		return -1;
	w->checking = writer_check_is_due(w); // the check needs a connection without outstanding replies
	if (w->checking && now->state < BATCH_SENT && (batch_discard(now, &w->conn) != 0 || writer_check(w) != 0))
		return -1;
	if (now->state < BATCH_SENT) {
		if (!spool_read(w->spool, w->applied + 1, &now->in, 0))
			return idle(w);
		if (batch_send(now, &w->conn, &w->claim, &w->announced, &w->s, w->zones) != 0)
			return -1;
	}
	if (now->state == BATCH_SENT && execute(w, now, next) != 0)
		return -1;
	if (!w->checking && spool_read(w->spool, now->in.number + 1, &next->in, 0) &&
		batch_send(next, &w->conn, &w->claim, &w->announced, &w->s, w->zones) != 0)
		return -1;
	if (apply_collect(now, &w->conn, &w->results) != 0)
		return -1;
	histogram_since(&histogram_exec, now->executed_ns);
	now->state = BATCH_IDLE; // before execute(), which may open it again
	bool numbered = apply_is_numbered(&w->results, &w->claim);
	w->claim.number = now->in.number;
	if (numbered && next->state == BATCH_SENT) // before settle(), so that Redis executes meanwhile
		result = execute(w, next, now);
	settle(w);
	return numbered ? result : writer_unnumbered(w);
}

static bool is_done(struct writer *w)
{
	uint64_t stop_at_ms;

	if (!is_stopping(w, &stop_at_ms))
		return false;
	bool empty = spool_is_empty(w->spool) && w->follow.len == 0 && !(w->cluster && cluster_is_busy(w->cluster));
	return empty || monotonic_ms() > stop_at_ms;
}

// At the end: gives the lease back. Of a temporary spool the files are deleted first and the number in Redis second: without the
// number, remaining files would be applied again.
static void forget(struct writer *w)
{
	bool gone = w->forget && spool_is_empty(w->spool);

	if (gone)
		spool_unlink(w->spool);
	if (w->cluster) {
		cluster_leave(w->cluster, &w->s, gone);
		return;
	}
	if (!w->conn.link || w->epoch != w->conn.epoch || batch_discard(&w->batch[w->turn], &w->conn) != 0)
		return;
	if (lease_leave(&w->claim.lease, &w->conn, &w->s, w->claim.uuid, gone) == 0 && gone)
		seq_forget(&w->conn, w->claim.uuid, &w->s);
}

static void *run(void *arg)
{
	struct writer *w = arg;
	uint64_t stop_at_ms;

	pthread_setname_np(pthread_self(), "writer");
	beat_begin(BEAT_WRITER);
	while (!is_done(w)) {
		beat();
		if (w->conn.link || w->cluster) {
			if (step(w) == 0)
				continue;
			note_down(w, true);
		} else if (connect_redis(w) == 0) {
			// after trouble, up only after a batch was applied, or if there is none
			if (spool_is_empty(w->spool) || (w->logged == REDIS_TROUBLE_NONE && w->fruitless == 0))
				note_up(w);
			continue;
		} else {
			note_down(w, false);
			if (is_stopping(w, &stop_at_ms))
				break;
		}
		back_off(w);
	}
	forget(w);
	redis_conn_close(&w->conn);
	beat_end();
	return NULL;
}

struct writer *writer_start(struct spool *spool, const struct redis_settings *settings, const struct zone_list *zones)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->spool = spool;
	w->zones = zones;
	w->settings = *settings;
	w->random = (unsigned)monotonic_ms();
	snprintf(w->why, sizeof(w->why), "redis %s: not connected yet", settings->address.text);
	w->results.capacity = BATCH_RESULTS_MAX;
	w->results.at = calloc(BATCH_RESULTS_MAX, sizeof(*w->results.at));
	pthread_mutex_init(&w->lock, NULL);
	timed_wait_init(&w->change);
	if (!w->results.at || pthread_create(&w->thread, NULL, run, w) != 0) {
		free(w->results.at);
		free(w);
		return NULL;
	}
	return w;
}

void writer_reload(struct writer *w, const struct redis_settings *settings)
{
	pthread_mutex_lock(&w->lock);
	w->settings = *settings;
	w->reloaded = true;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
}

bool writer_is_up(struct writer *w, char *why, size_t why_size)
{
	pthread_mutex_lock(&w->lock);
	bool up = w->up && w->stops_len == 0;
	snprintf(why, why_size, "%s", w->up ? w->stops_why : w->why);
	pthread_mutex_unlock(&w->lock);
	return up;
}

void writer_stop(struct writer *w, unsigned bound_ms, bool forget_spool)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	w->forget = forget_spool;
	w->stop_at_ms = monotonic_ms() + bound_ms;
	pthread_cond_broadcast(&w->change);
	pthread_mutex_unlock(&w->lock);
	spool_stop_waiting(w->spool);
	pthread_join(w->thread, NULL);
	for (int i = 0; i < 2; i++)
		batch_free(&w->batch[i]);
	follow_free(&w->follow);
	cluster_free(w->cluster);
	redis_texts_free(&w->results.texts);
	free(w->results.at);
	pthread_cond_destroy(&w->change);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
