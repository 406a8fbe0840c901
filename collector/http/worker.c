// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/worker.h"

#include "dataplane/common/monotonic.h"

enum {
	ACTIVE_MAX = 8,	    // answers in progress in one worker
	ACTIVE_ONE_MAX = 6, // of these for one address
	SLICE_MS = 500,	    // a list keeps its place this long if others wait
	TURN_MS = 250,	    // between two checks for clients that read nothing
	STALLED_MS = 5000,  // a client that reads nothing for this long loses its place
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

void http_worker_take(struct http_worker *w, struct http_job *j)
{
	append(&w->fresh, j);
	pthread_cond_signal(&w->wake);
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

// Under the lock: closes the connections of clients that read nothing, for those that wait.
static void close_stalled(struct http_worker *w)
{
	int64_t now = (int64_t)monotonic_ms();

	for (struct http_job *j = w->all; j; j = j->all_next)
		if (j->parked && now - j->parked_ms > STALLED_MS)
			http_guard_close(w->guard, j->client_id);
}

// Under the lock: takes the first waiting job that may have a place, or that has waited too long.
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

// Running ones and new ones take turns.
struct http_job *http_worker_next(struct http_worker *w)
{
	if (w->fresh.first)
		close_stalled(w);
	bool fresh_first = w->turn++ % 2 == 0;
	struct http_job *j = fresh_first ? take_fresh(w) : take_first(&w->running);

	if (j)
		return j;
	return fresh_first ? take_first(&w->running) : take_fresh(w);
}

void http_worker_wait(struct http_worker *w)
{
	struct timespec until = timed_wait_until(TURN_MS);

	if (w->fresh.first)
		pthread_cond_timedwait(&w->wake, &w->lock, &until);
	else
		pthread_cond_wait(&w->wake, &w->lock);
}
