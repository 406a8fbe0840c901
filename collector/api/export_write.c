// SPDX-License-Identifier: BSD-3-Clause
// The thread of an export: reads all records and fills blocks, while the connection sends them.
#include "collector/api/export_write.h"

#include "collector/api/export_state.h"
#include "collector/query/json.h"

#include <stdio.h>

enum { BLOCK_SIZE = 256 * 1024 };

// Waits for a free block. NULL if the client has left.
static struct redis_buffer *free_block(struct api_export *x)
{
	struct redis_buffer *b = NULL;

	pthread_mutex_lock(&x->lock);
	while (x->len == EXPORT_BLOCKS && !x->gone)
		pthread_cond_wait(&x->change, &x->lock);
	if (!x->gone)
		b = &x->block[(x->from + x->len) % EXPORT_BLOCKS];
	pthread_mutex_unlock(&x->lock);
	if (b)
		redis_buffer_clear(b);
	return b;
}

// The buffer for text: the block, or what is compressed into it.
static struct redis_buffer *text_of(struct api_export *x, struct redis_buffer *b)
{
	return x->gzip ? &x->plain : b;
}

static void pass_on(struct api_export *x, struct redis_buffer *b, bool last)
{
	if (x->gzip) {
		http_gzip_put(x->gzip, &x->plain, last ? HTTP_GZIP_END : HTTP_GZIP_FLUSH, b);
		b->bad = b->bad || x->plain.bad;
		redis_buffer_clear(&x->plain);
	}
	pthread_mutex_lock(&x->lock);
	if (b->bad) {
		x->failed = true;
		snprintf(x->why, sizeof(x->why), "out of memory");
	} else if (b->size > 0) {
		x->len++;
		api_export_wake(x);
	}
	pthread_mutex_unlock(&x->lock);
}

static void put_cursor(struct api_export *x, struct redis_buffer *b, const struct transfer_export *run)
{
	char cursor[QUERY_CURSOR_SIZE];

	transfer_export_cursor(run, cursor);
	query_put_text(b, x->csv ? "# cursor " : "{\"cursor\":\"");
	query_put_text(b, cursor);
	query_put_text(b, x->csv ? "\r\n" : "\"}\n");
}

static void put_record(struct api_export *x, struct redis_buffer *b, const struct query_record *r)
{
	static const struct query_format format = {.rdata_array = true};

	if (x->csv) {
		query_csv(b, r);
		return;
	}
	query_json_cof(b, r, &format);
	query_put(b, "\n", 1);
}

// Writes all records. Returns the last step, or QUERY_BUSY if the client has left.
static enum query_step write_all(struct api_export *x, struct transfer_export *run)
{
	struct redis_buffer *b = free_block(x);
	struct query_record record;
	enum query_step step = QUERY_BUSY;
	uint64_t records = 0;

	if (b && x->csv && !*x->cursor)
		query_put_text(text_of(x, b), QUERY_CSV_HEAD);
	while (b && !x->failed && ((step = transfer_export_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY)) {
		if (step == QUERY_RECORD) {
			put_record(x, text_of(x, b), &record);
			records++;
		}
		bool last = x->records_max > 0 && records >= x->records_max && step == QUERY_BUSY;
		if (text_of(x, b)->size < BLOCK_SIZE && !last)
			continue;
		if (step == QUERY_BUSY && x->cursors)
			put_cursor(x, text_of(x, b), run);
		else if (x->cursors && text_of(x, b)->size < 4 * BLOCK_SIZE)
			continue; // until the end of the page, which has a cursor
		pass_on(x, b, last);
		if (last)
			return QUERY_LIMITED;
		b = free_block(x);
	}
	if (b)
		pass_on(x, b, true);
	return b ? step : QUERY_BUSY;
}

void *api_export_write(void *arg)
{
	struct api_export *x = arg;
	struct transfer_export *run = transfer_export_start(&x->q, &x->redis);
	enum query_step step = run ? write_all(x, run) : QUERY_FAILED;

	pthread_mutex_lock(&x->lock);
	if (step == QUERY_FAILED)
		snprintf(x->why, sizeof(x->why), "%s", run ? transfer_export_why(run) : "out of memory");
	x->failed = x->failed || step == QUERY_FAILED;
	x->ended = true;
	api_export_wake(x);
	pthread_mutex_unlock(&x->lock);
	transfer_export_stop(run);
	api_export_drop(x);
	return NULL;
}
