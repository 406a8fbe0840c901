// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/work.h"

#include "collector/base/settings.h"
#include "collector/http/job.h"
#include "collector/http/sources.h"
#include "collector/http/worker.h"

#include <stdio.h>
#include <stdlib.h>

enum { HTTP_WORKERS = 4 };

struct http_work {
	struct http_worker worker[HTTP_WORKERS];
};

static void *work(void *arg)
{
	struct http_worker *w = arg;
	struct http_job *j;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		j = http_worker_next(w);
		if (j) {
			pthread_mutex_unlock(&w->lock);
			http_job_step(j);
			pthread_mutex_lock(&w->lock);
		} else {
			http_worker_wait(w);
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
	query_db_init(&w->db, sources->redis, sources->zones, sources->settings->psl_file);
	if (w->db.reader.settings.timeout_s > sources->settings->http_time_s)
		w->db.reader.settings.timeout_s = sources->settings->http_time_s;
	w->db.owners = sources->index;
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
	snprintf(why, why_size, "http: out of memory, or no thread can be started for lookups");
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
		query_db_free(&w->db);
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
	http_worker_take(least, j);
	pthread_mutex_unlock(&least->lock);
	return MHD_YES;
}
