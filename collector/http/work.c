// SPDX-License-Identifier: BSD-3-Clause
// The workers: which answer has its turn. What one step does is in job.c.
#include "collector/http/job.h"

#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ACTIVE_MAX = 8,	    // answers under way in one worker
	ACTIVE_ONE_MAX = 6, // …of them for one address
	SLICE_MS = 500,	    // a list keeps its place for so long if others wait
	TURN_MS = 250,	    // between two looks for clients that read nothing, while others wait
	STALLED_MS = 5000,  // a client that reads nothing for so long loses its place
	PATIENCE_MS = 10000 // longest wait for a place
};

static void append(struct http_queue *q, struct http_job *j)
{
	j->next = NULL;
	if (q->last)
		q->last->next = j;
	else
		q->first = j;
	q->last = j;
	q->len++;
}

static struct http_job *take_first(struct http_queue *q)
{
	struct http_job *j = q->first;

	if (!j)
		return NULL;
	q->first = j->next;
	if (!q->first)
		q->last = NULL;
	q->len--;
	return j;
}

void http_worker_queue(struct http_worker *w, struct http_job *j)
{
	append(&w->running, j);
	pthread_cond_signal(&w->wake);
}

void http_worker_go_on(struct http_worker *w, struct http_job *j)
{
	if (!j->stream.list || !w->fresh.first || (int64_t)monotonic_ms() - j->placed_ms < SLICE_MS) {
		http_worker_queue(w, j);
		return;
	}
	j->placed = false;
	w->active--;
	append(&w->fresh, j);
}

// Under the lock: clients that read nothing give way to those that wait.
static void close_stalled(struct http_worker *w)
{
	int64_t now = (int64_t)monotonic_ms();

	for (struct http_job *j = w->all; j; j = j->all_next)
		if (j->parked && now - j->parked_ms > STALLED_MS)
			http_guard_close(w->guard, j->client_id);
}

// Under the lock: takes the first that waits for a place and may have one, or has waited too long.
static struct http_job *take_fresh(struct http_worker *w)
{
	int64_t now = (int64_t)monotonic_ms();
	struct http_job *before = NULL;

	for (struct http_job *j = w->fresh.first; j; before = j, j = j->next) {
		unsigned mine = 0;
		for (const struct http_job *other = w->all; other; other = other->all_next)
			mine += other->placed && other->group == j->group;
		j->refused = j->handle && now - j->asked_ms > PATIENCE_MS;
		if (!j->refused && !j->gone && (w->active >= ACTIVE_MAX || mine >= ACTIVE_ONE_MAX))
			continue;
		if (before)
			before->next = j->next;
		else
			w->fresh.first = j->next;
		if (w->fresh.last == j)
			w->fresh.last = before;
		w->fresh.len--;
		w->active++;
		j->placed = true;
		j->placed_ms = now;
		return j;
	}
	return NULL;
}

// Under the lock: the next job, or NULL. Running ones and new ones take turns.
static struct http_job *next_job(struct http_worker *w)
{
	bool fresh_first = w->turn++ % 2 == 0;
	struct http_job *j = fresh_first ? take_fresh(w) : take_first(&w->running);

	if (j)
		return j;
	return fresh_first ? take_first(&w->running) : take_fresh(w);
}

static void *work(void *arg)
{
	struct http_worker *w = arg;
	struct http_job *j;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		if (w->fresh.first)
			close_stalled(w);
		j = next_job(w);
		if (j) {
			pthread_mutex_unlock(&w->lock);
			http_job_step(j);
			pthread_mutex_lock(&w->lock);
		} else if (w->fresh.first) {
			struct timespec until = timed_wait_until(TURN_MS);
			pthread_cond_timedwait(&w->wake, &w->lock, &until);
		} else {
			pthread_cond_wait(&w->wake, &w->lock);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static bool start(struct http_worker *w, const struct http_sources *sources, struct http_guard *guard)
{
	w->guard = guard;
	pthread_mutex_init(&w->lock, NULL);
	timed_wait_init(&w->wake);
	reader_init(&w->db, sources->redis, sources->zones, sources->settings->psl_file);
	if (w->db.settings.timeout_s > sources->settings->http_time_s)
		w->db.settings.timeout_s = sources->settings->http_time_s;
	w->db.index = sources->index;
	w->db.targets = sources->targets;
	w->started = pthread_create(&w->thread, NULL, work, w) == 0;
	return w->started;
}

struct http_work *http_work_new(const struct http_sources *sources, struct http_guard *guard, char *why,
	size_t why_size)
{
	struct http_work *all = calloc(1, sizeof(*all));
	bool good = all != NULL;

	for (size_t i = 0; good && i < HTTP_WORKERS; i++)
		good = start(&all->worker[i], sources, guard);
	if (good)
		return all;
	snprintf(why, why_size, "http: no memory or no thread for lookups");
	if (all) {
		http_work_stop(all);
		http_work_free(all);
	}
	return NULL;
}

void http_work_stop(struct http_work *all)
{
	for (size_t i = 0; i < HTTP_WORKERS; i++) {
		struct http_worker *w = &all->worker[i];
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
	}
	for (size_t i = 0; i < HTTP_WORKERS; i++) {
		struct http_worker *w = &all->worker[i];
		if (!w->started)
			continue;
		pthread_join(w->thread, NULL);
		w->started = false;
		pthread_mutex_lock(&w->lock);
		for (struct http_job *next, *j = w->all; j; j = next) {
			next = j->all_next;
			http_job_abandon(j);
		}
		pthread_mutex_unlock(&w->lock);
	}
}

void http_work_free(struct http_work *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < HTTP_WORKERS; i++) {
		struct http_worker *w = &all->worker[i];
		if (!w->guard)
			continue; // was not begun
		reader_free(&w->db);
		pthread_mutex_destroy(&w->lock);
		pthread_cond_destroy(&w->wake);
	}
	free(all);
}

enum MHD_Result http_work_take(struct http_work *all, struct http_request *r, http_handler *handle)
{
	struct http_worker *least = NULL;
	size_t jobs = SIZE_MAX;

	for (size_t i = 0; i < HTTP_WORKERS; i++) {
		struct http_worker *w = &all->worker[i];
		pthread_mutex_lock(&w->lock);
		size_t n = w->active + w->fresh.len;
		pthread_mutex_unlock(&w->lock);
		if (n < jobs) {
			jobs = n;
			least = w;
		}
	}
	struct http_job *j = http_job_new(least, r, handle);
	if (!j)
		return MHD_NO;
	pthread_mutex_lock(&least->lock);
	if (least->stop) { // the server is going down
		pthread_mutex_unlock(&least->lock);
		return MHD_NO;
	}
	j->waiting = true;
	MHD_suspend_connection(r->connection);
	append(&least->fresh, j);
	pthread_cond_signal(&least->wake);
	pthread_mutex_unlock(&least->lock);
	return MHD_YES;
}
