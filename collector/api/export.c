// SPDX-License-Identifier: BSD-3-Clause
// GET /api/export: all records. A thread of its own reads from Redis and writes lines into a few blocks; the HTTP thread sends
// them. The thread waits for a slow client, the connection waits for the thread, and no lookup waits for either.
//
//     transfer_export ──lines──► block ► block ► block ──► connection
//         thread                 at most BLOCKS            HTTP thread
//
// With the parameter `cursor` (empty at first) some lines say where a later export can continue: {"cursor":"…"}, or
// "# cursor …" in CSV. A failure after the first block aborts the connection, so that no client takes the export for complete.
#include "collector/http/answer.h"
#include "collector/api/export_state.h"
#include "collector/api/export_write.h"
#include "collector/api/handlers.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "collector/http/response.h"

#include "collector/base/metrics.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEND_SIZE = 64 * 1024, SLOW_S = 300, STALLED_MS = 10000, EXPORTS_MAX = 4 };

// Copies the octets that are ready, at most `max`; under x->lock.
static size_t take(struct api_export *x, char *to, size_t max)
{
	const struct redis_buffer *b = &x->block[x->from];
	size_t n = b->size - x->sent < max ? b->size - x->sent : max;

	memcpy(to, b->bytes + x->sent, n);
	x->sent += n;
	if (x->sent == b->size) {
		x->from = (x->from + 1) % EXPORT_BLOCKS;
		x->len--;
		x->sent = 0;
		pthread_cond_broadcast(&x->change);
	}
	return n;
}

static ssize_t read_lines(void *arg, uint64_t pos, char *to, size_t max)
{
	struct api_export *x = arg;
	ssize_t result = 0;

	pthread_mutex_lock(&x->lock);
	if (x->gone) {
		result = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (x->len > 0) {
		result = (ssize_t)take(x, to, max);
		x->read_ms = (int64_t)monotonic_ms();
	} else if (x->ended) {
		result = x->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
		if (x->failed) {
			metrics_add(http_lookup_failed, 1);
			log_warning("export: %s; connection aborted", x->why);
		}
	} else {
		x->waiting = true;
		MHD_suspend_connection(x->connection);
	}
	pthread_mutex_unlock(&x->lock);
	if (result == 0)
		http_guard_waits(x->client);
	else
		http_guard_sends_within(x->client, SLOW_S * 1000);
	return result;
}

static void leave(void *arg)
{
	api_export_leave(arg);
}

// Called when there is something to send, or when it has failed.
static enum MHD_Result answer(struct http_request *r)
{
	struct api_export *x = r->own;
	char why[sizeof(x->why)];

	pthread_mutex_lock(&x->lock);
	bool failed = (x->failed && x->len == 0) || x->gone;
	bool refused = failed && strstr(x->why, "cursor") != NULL;
	snprintf(why, sizeof(why), "%s", x->gone ? "the server is stopping" : x->why);
	pthread_mutex_unlock(&x->lock);
	if (failed)
		return http_answer_line(r, refused ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_SERVICE_UNAVAILABLE, "%s", why);
	const char *type = x->csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
	struct MHD_Response *response = http_response_stream(SEND_SIZE, read_lines, leave, x, type, x->gzip != NULL);
	if (!response)
		return MHD_NO;
	r->own = NULL; // the response has it now
	http_answer_end_head(r, response);
	MHD_set_connection_option(r->connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)SLOW_S);
	return http_answer_queue(r, MHD_HTTP_OK, response, SIZE_MAX);
}

// Under all->lock: closes connections that have not read for a while.
static void close_stalled(struct api_exports *all, struct http_guard *guard)
{
	int64_t now = (int64_t)monotonic_ms();

	for (struct api_export *x = all->first; x; x = x->next) {
		pthread_mutex_lock(&x->lock);
		if (x->len == EXPORT_BLOCKS && !x->gone && now - x->read_ms > STALLED_MS)
			http_guard_close(guard, x->client_id);
		pthread_mutex_unlock(&x->lock);
	}
}

static struct api_export *make(struct http_request *r)
{
	struct api_exports *all = r->lookups->service;
	struct api_export *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	*x = (struct api_export){.all = all,
		.connection = r->connection,
		.client = r->client,
		.client_id = http_client_id(r->client),
		.read_ms = (int64_t)monotonic_ms(),
		.redis = r->db->reader.settings,
		.users = 2};
	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->change, NULL);
	pthread_mutex_lock(&all->lock);
	bool room = all->len < EXPORTS_MAX && !all->stopping;
	if (!room)
		close_stalled(all, r->lookups->guard);
	if (room) {
		x->next = all->first;
		all->first = x;
		all->len++;
	}
	pthread_mutex_unlock(&all->lock);
	if (room)
		return x;
	free(x);
	return NULL;
}

// The connection waits until the thread has something.
static enum MHD_Result begin(struct http_request *r, struct api_export *x)
{
	pthread_attr_t detached;
	pthread_t thread;

	r->own = x;
	r->leave = leave;
	r->resume = answer;
	x->waiting = true; // as long as it has been in the worker
	http_job_detach(r);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	int error = pthread_create(&thread, &detached, api_export_write, x);
	pthread_attr_destroy(&detached);
	if (error != 0) {
		pthread_mutex_lock(&x->lock);
		x->ended = x->failed = true;
		snprintf(x->why, sizeof(x->why), "cannot start a thread: %s", strerror(error));
		api_export_wake(x);
		pthread_mutex_unlock(&x->lock);
		api_export_drop(x); // the thread's part
	}
	return MHD_YES;
}

enum MHD_Result api_export(struct http_request *r)
{
	char why[300], cursor[QUERY_CURSOR_SIZE] = "";
	struct query q = query_make(QUERY_EVERYTHING);
	int64_t limit = 0;
	bool cursors = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "cursor") != NULL;

	unsigned code = http_params_typed(r, &q, why, sizeof(why));
	if (code != 0)
		return http_answer_line(r, code, "%s", why);
	if (http_param_number(r, "limit", &limit) != 0)
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST, "limit: expected a whole number");
	if (cursors &&
		(!http_param(r, "cursor", cursor, sizeof(cursor)) || (*cursor && !transfer_export_is_cursor(cursor))))
		return http_answer_line(r, MHD_HTTP_BAD_REQUEST,
			"cursor: expected the cursor of an earlier export, or an empty value");
	struct api_export *x = make(r);
	if (!x) {
		r->retry_after_s = 2;
		return http_answer_line(r, MHD_HTTP_SERVICE_UNAVAILABLE, "%d exports are in progress; retry later",
			EXPORTS_MAX);
	}
	x->gzip = r->gzip ? http_gzip_new() : NULL;
	x->q = q;
	strcpy(x->cursor, cursor);
	x->q.cursor = *cursor ? x->cursor : NULL;
	x->cursors = cursors;
	x->records_max = cursors ? (uint64_t)limit : 0;
	x->q.limit = cursors ? 0 : (uint64_t)limit;
	x->csv = http_params_csv(r);
	return begin(r, x);
}
