// SPDX-License-Identifier: BSD-3-Clause
#include "collector/http/job.h"

#include "collector/base/metrics.h"
#include "collector/http/answer.h"
#include "collector/http/gzip.h"
#include "collector/http/response.h"
#include "collector/http/worker.h"
#include "dataplane/common/monotonic.h"

#include <stdlib.h>

enum {
	BLOCK_SIZE = 32768,
	SOON_MS = 300,	 // an answer begins after this time if there is something to send
	LATEST_MS = 2000 // and after this time in any case
};

struct http_job *http_job_new(struct http_worker *w, struct http_request *r, http_handler *handle)
{
	struct http_job *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	*j = (struct http_job){.worker = w,
		.asked_ms = (int64_t)monotonic_ms(),
		.r = r,
		.handle = handle,
		.connection = r->connection,
		.client = r->client,
		.client_id = http_client_id(r->client),
		.group = http_client_group(r->client),
		.held = true,
		.linked = true};
	r->job = j;
	r->db = &w->db;
	r->resume = http_answer_send;
	pthread_mutex_lock(&w->lock);
	j->all_next = w->all;
	w->all = j;
	pthread_mutex_unlock(&w->lock);
	return j;
}

// Outside the lock. It may free much memory, so preferably in the worker.
static void release_stream(struct http_job *j)
{
	if (j->has_stream)
		j->stream.release(j->stream.arg);
	j->has_stream = false;
}

static void free_job(struct http_job *j)
{
	release_stream(j);
	http_gzip_free(j->gzip);
	redis_buffer_free(&j->raw);
	redis_buffer_free(&j->out);
	redis_buffer_free(&j->ready);
	free(j);
}

// Under the lock. True if nobody uses the job any more: the caller frees it, outside the lock.
static bool is_free(struct http_job *j)
{
	struct http_job **at = &j->worker->all;

	if (j->held || j->linked)
		return false;
	while (*at != j)
		at = &(*at)->all_next;
	*at = j->all_next;
	return true;
}

// The worker has finished with the job.
static void let_go(struct http_job *j)
{
	struct http_worker *w = j->worker;

	release_stream(j);
	pthread_mutex_lock(&w->lock);
	j->held = false;
	w->active -= j->placed;
	j->placed = false;
	bool last = is_free(j);
	pthread_mutex_unlock(&w->lock);
	if (last)
		free_job(j);
}

// The connection has finished with the job. HTTP thread, or a handler.
static void unlink_job(struct http_job *j)
{
	struct http_worker *w = j->worker;

	pthread_mutex_lock(&w->lock);
	j->linked = false;
	j->gone = true;
	if (j->parked && j->held) {
		j->parked = false;
		http_worker_queue(w, j);
	}
	bool last = is_free(j);
	pthread_mutex_unlock(&w->lock);
	if (last)
		free_job(j);
}

void http_job_forget(struct http_job *j)
{
	unlink_job(j);
}

void http_job_detach(struct http_request *r)
{
	struct http_job *j = r->job;

	r->job = NULL;
	j->r = NULL;
	j->waiting = false;
	unlink_job(j);
}

void http_job_abandon(struct http_job *j)
{
	if (j->held) {
		j->held = false;
		j->parked = false;
		j->ended = j->failed = true;
	}
	if (j->waiting)
		MHD_resume_connection(j->connection);
	j->waiting = false;
}

// --- the connection's side

static void swap(struct redis_buffer *a, struct redis_buffer *b)
{
	struct redis_buffer kept = *a;

	*a = *b;
	*b = kept;
}

// Under the lock: the block that was made becomes the one that is sent, if that was sent.
static void hand_over(struct http_job *j)
{
	if (j->sent < j->ready.size || j->out.size == 0)
		return;
	swap(&j->ready, &j->out);
	redis_buffer_clear(&j->out);
	j->sent = 0;
}

static ssize_t read_body(void *arg, uint64_t pos, char *to, size_t max)
{
	struct http_job *j = arg;
	struct http_worker *w = j->worker;
	ssize_t result;

	pthread_mutex_lock(&w->lock);
	if (j->parked && j->sent == j->ready.size) {
		hand_over(j);
		j->parked = false;
		http_worker_queue(w, j);
	}
	size_t n = j->ready.size - j->sent < max ? j->ready.size - j->sent : max;
	if (n > 0) {
		memcpy(to, j->ready.bytes + j->sent, n);
		j->sent += n;
		result = (ssize_t)n;
	} else if (j->ended) {
		result = j->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
		metrics_add(http_lookup_failed, j->failed);
	} else {
		j->waiting = true;
		MHD_suspend_connection(j->connection);
		result = 0;
	}
	pthread_mutex_unlock(&w->lock);
	if (result == 0)
		http_guard_waits(j->client);
	else
		http_guard_sends(j->client, n);
	return result;
}

static void leave_body(void *arg)
{
	unlink_job(arg);
}

// --- the worker's side

// The answer is in r->response: the HTTP thread sends it.
static void resume(struct http_job *j)
{
	pthread_mutex_lock(&j->worker->lock);
	j->r = NULL;
	if (j->waiting)
		MHD_resume_connection(j->connection);
	j->waiting = false;
	pthread_mutex_unlock(&j->worker->lock);
}

// The handler has answered, or could not.
static void finish(struct http_job *j)
{
	if (!j->r->response)
		http_answer_line(j->r, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	release_stream(j);
	resume(j);
	let_go(j);
}

// Compresses the new part. False if that failed.
static bool compress_made(struct http_job *j, bool flush)
{
	enum http_gzip_flush how = j->complete ? HTTP_GZIP_END : flush ? HTTP_GZIP_FLUSH : HTTP_GZIP_GO_ON;

	if (j->gzip && (j->raw.size > 0 || j->complete)) {
		http_gzip_put(j->gzip, &j->raw, how, &j->out);
		redis_buffer_clear(&j->raw);
	}
	if (j->gzip && j->complete) {
		http_gzip_free(j->gzip);
		j->gzip = NULL;
	}
	return !j->out.bad && !j->raw.bad;
}

static struct redis_buffer *made(struct http_job *j)
{
	return j->gzip ? &j->raw : &j->out;
}

static void answer_whole(struct http_job *j)
{
	http_answer_body(j->r, MHD_HTTP_OK, j->stream.type, &j->out);
	finish(j);
}

static void answer_stream(struct http_job *j)
{
	struct http_request *r = j->r;
	struct http_gzip *gzip = r->gzip ? http_gzip_new() : NULL;
	struct MHD_Response *response =
		http_response_stream(BLOCK_SIZE, read_body, leave_body, j, j->stream.type, gzip != NULL);

	if (!response) {
		http_gzip_free(gzip);
		finish(j);
		return;
	}
	j->gzip = gzip;
	if (gzip) {
		swap(&j->raw, &j->out);
		compress_made(j, true);
	}
	http_answer_end_head(r, response);
	http_answer_queue(r, MHD_HTTP_OK, response, SIZE_MAX);
	r->job = NULL; // the response has it now
	pthread_mutex_lock(&j->worker->lock);
	hand_over(j);
	http_worker_queue(j->worker, j);
	pthread_mutex_unlock(&j->worker->lock);
	resume(j);
}

// Makes more of the answer. False if that failed.
static bool produce(struct http_job *j)
{
	enum http_step step = j->stream.produce(j->stream.arg, made(j));

	j->complete = step != HTTP_MORE;
	return step != HTTP_BROKEN && !made(j)->bad;
}

// Before the answer has begun.
static void make_first(struct http_job *j)
{
	bool sound = produce(j);
	int64_t taken = (int64_t)monotonic_ms() - j->asked_ms;
	bool begins = !j->stream.whole &&
		      (j->out.size >= BLOCK_SIZE || (taken > SOON_MS && j->out.size > 0) || taken > LATEST_MS);

	j->complete = j->complete || !sound;
	if (!j->complete && !begins) {
		pthread_mutex_lock(&j->worker->lock);
		http_worker_go_on(j->worker, j);
		pthread_mutex_unlock(&j->worker->lock);
	} else if (j->stream.begin && j->stream.begin(j->stream.arg, j->r, j->complete)) {
		finish(j);
	} else if (!sound) {
		http_answer_line(j->r, MHD_HTTP_SERVICE_UNAVAILABLE, "the answer could not be completed");
		finish(j);
	} else if (j->complete) {
		answer_whole(j);
	} else {
		answer_stream(j);
	}
}

// While the client reads.
static void make_more(struct http_job *j)
{
	struct http_worker *w = j->worker;
	bool sound = j->complete || produce(j);

	pthread_mutex_lock(&w->lock);
	bool hungry = j->waiting;
	pthread_mutex_unlock(&w->lock);
	sound = compress_made(j, hungry) && sound;
	pthread_mutex_lock(&w->lock);
	j->failed = j->failed || !sound;
	j->ended = j->complete || j->failed;
	hand_over(j);
	if (j->waiting && (j->sent < j->ready.size || j->ended)) {
		j->waiting = false;
		MHD_resume_connection(j->connection);
	}
	bool done = j->gone || (j->ended && j->out.size == 0);
	if (!done && (j->out.size >= BLOCK_SIZE || j->ended)) {
		j->parked = true;
		j->parked_ms = (int64_t)monotonic_ms();
	} else if (!done) {
		http_worker_go_on(w, j);
	}
	pthread_mutex_unlock(&w->lock);
	if (done)
		let_go(j);
}

static void handle(struct http_job *j)
{
	http_handler *handler = j->handle;
	struct http_request *r = j->r;

	j->handle = NULL;
	if (j->refused) {
		r->retry_after_s = 1;
		http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many lookups are in progress; retry");
	} else {
		handler(r);
	}
	if (!j->r)
		let_go(j); // detached
	else if (j->has_stream)
		make_first(j);
	else
		finish(j);
}

void http_job_step(struct http_job *j)
{
	if (j->handle)
		handle(j);
	else if (j->r)
		make_first(j);
	else
		make_more(j);
}

enum MHD_Result http_job_stream(struct http_request *r, const struct http_stream *stream)
{
	r->job->stream = *stream;
	r->job->has_stream = true;
	return MHD_YES;
}
