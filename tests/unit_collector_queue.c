// SPDX-License-Identifier: BSD-3-Clause
// The queue between inbox and writer, the registry of streams, the board of statistics.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "collector/board.h"
#include "collector/queue.h"
#include "tests/unit.h"

static void order_and_safety(void)
{
	struct queue *q = queue_create(1000);
	struct stream a = {.used = true}, b = {.used = true};
	uint8_t body[100] = "body";
	uint64_t moved;

	CU_ASSERT_PTR_NULL(queue_peek(q, 0, 0));
	CU_ASSERT_EQUAL(
		queue_put(q, &(struct queue_frame){.stream = &a, .number = 7, .size = 100, .body = body}), 0);
	CU_ASSERT_EQUAL(queue_put(q, &(struct queue_frame){.stream = &b, .number = 1, .kind = QUEUE_BYE}), 0);
	memset(body, 0, sizeof(body)); // it was copied
	CU_ASSERT(queue_peek(q, 0, 0)->number == 7 &&
		  strcmp((const char *)queue_peek(q, 0, 0)->body, "body") == 0);
	CU_ASSERT(queue_peek(q, 1, 0)->stream == &b && !queue_peek(q, 2, 0));
	CU_ASSERT(a.queued == 1 && queue_safe(q, &a) == 0);
	CU_ASSERT(read(queue_fd(q), &moved, sizeof(moved)) < 0);
	queue_release(q);
	CU_ASSERT(a.queued == 0 && queue_safe(q, &a) == 7 && queue_safe(q, &b) == 0);
	CU_ASSERT_EQUAL(read(queue_fd(q), &moved, sizeof(moved)), sizeof(moved));
	queue_release(q);
	CU_ASSERT(queue_levels(q).frames == 0 && queue_levels(q).bytes == 0 && !queue_peek(q, 0, 1));
	queue_free(q);
}

static void bound(void)
{
	struct queue *q = queue_create(1000);
	struct stream s = {.used = true};
	uint8_t body[900] = {0};
	struct queue_frame frame = {.stream = &s, .number = 1, .size = 900, .body = body};

	CU_ASSERT_EQUAL(queue_put(q, &frame), 0);
	CU_ASSERT_EQUAL(queue_put(q, &frame), 0); // the last one may stand out over the edge
	CU_ASSERT(queue_is_full(q));
	CU_ASSERT_EQUAL(queue_put(q, &frame), -ENOBUFS);
	CU_ASSERT_EQUAL(queue_put(q, &(struct queue_frame){.kind = QUEUE_END, .stream = &s}), 0);
	queue_set_limit(q, 1 << 20);
	CU_ASSERT_EQUAL(queue_put(q, &frame), 0);
	queue_stop_waiting(q);
	CU_ASSERT_PTR_NULL(queue_peek(q, 9, 60000)); // returns at once
	queue_free(q);
}

static void streams(void)
{
	static struct stream_registry r;
	struct frame_hello hello = {.sensor = "site"};
	const char *why = NULL;

	struct stream *first = stream_find(&r, &hello, 1, &why);
	CU_ASSERT_STRING_EQUAL(first->uuid, "00000000-0000-0000-0000-000000000000");
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &hello, 2, &why), first);
	hello.start_s = 5;
	CU_ASSERT_PTR_NULL(stream_find(&r, &hello, 3, &why));
	CU_ASSERT_PTR_NOT_NULL(why);
	for (int i = 1; i < STREAMS_MAX; i++) {
		hello.stream[0] = (uint8_t)i;
		struct stream *s = stream_find(&r, &hello, 10 + (uint64_t)i, &why);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		s->connected = i % 2;
	}
	hello.stream[1] = 1;
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &hello, 1000, &why), first); // unused for longest
	for (int i = 0; i < STREAMS_MAX; i++)
		r.slots[i].queued = 1;
	hello.stream[1] = 2;
	CU_ASSERT_PTR_NULL(stream_find(&r, &hello, 1001, &why));
}

static void statistics(void)
{
	struct board *b = board_create();
	static uint64_t body[1 + OUTBOX_STATS_LEN + WORKER_STATS_LEN + 8 + PORT_STATS_LEN];
	struct stats_frame head = {.workers = 1, .ports = 1};
	struct frame_hello hello = {.sensor = "site"};
	struct board_sensor *out = calloc(BOARD_SENSORS_MAX, sizeof(*out));

	memcpy(body, &head, sizeof(head));
	for (size_t i = 0; i < OUTBOX_STATS_LEN + WORKER_STATS_LEN; i++)
		body[1 + i] = i;
	memset(&body[1 + OUTBOX_STATS_LEN + WORKER_STATS_LEN], 'n', STATS_PORT_NAME_SIZE); // not terminated
	CU_ASSERT_PTR_NULL(board_put(b, &hello, cursor_make(body, sizeof(body)), 1));
	CU_ASSERT_EQUAL(board_read(b, out), 1);
	CU_ASSERT(out[0].worker[0][0] == OUTBOX_STATS_LEN &&
		  strlen(out[0].port[0].name) == STATS_PORT_NAME_SIZE - 1);
	for (size_t size = 0; size < sizeof(body); size++)
		CU_ASSERT_PTR_NOT_NULL(board_put(b, &hello, cursor_make(body, size), 1));
	head.workers = STATS_WORKERS_MAX + 1;
	memcpy(body, &head, sizeof(head));
	CU_ASSERT_PTR_NOT_NULL(board_put(b, &hello, cursor_make(body, sizeof(body)), 1));
	for (int i = 0; i < 2 * BOARD_SENSORS_MAX; i++) {
		snprintf(hello.sensor, sizeof(hello.sensor), "site%d", i);
		board_connected(b, &hello, true, 10 + (uint64_t)i);
	}
	CU_ASSERT_EQUAL(board_read(b, out), BOARD_SENSORS_MAX);
	free(out);
	board_free(b);
}

int main(void)
{
	static const struct unit_test tests[] = {{"order_and_safety", order_and_safety}, {"bound", bound},
		{"streams", streams}, {"statistics", statistics}};

	return unit_run("collector_queue", tests, sizeof(tests) / sizeof(tests[0]));
}
