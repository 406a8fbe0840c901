// SPDX-License-Identifier: BSD-3-Clause
// The spool, the registry of streams, the counters of each sensor.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "collector/inbox/sensors.h"
#include "collector/spool/spool.h"
#include "collector/spool/store.h"
#include "dataplane/common/log.h"
#include "tests/tools/unit.h"

static char folder[64];
static char reason[512];
static struct stream_registry registry;

static struct spool *open_spool(uint64_t size, double keep_s, double patience_s)
{
	struct spool_settings settings = {.size = size, .memory = 1 << 20, .keep_s = keep_s, .patience_s = patience_s};

	snprintf(settings.dir, sizeof(settings.dir), "%s/spool", folder);
	memset(&registry, 0, sizeof(registry));
	return spool_open(&settings, &registry, reason, sizeof(reason));
}

static void begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/lookback-unit.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static void end(struct spool *s)
{
	spool_unlink(s);
	spool_close(s);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

static void put(struct spool *s, struct stream *stream, uint64_t number, uint8_t fill, uint32_t size)
{
	static uint8_t body[100000];

	stream->used = true;
	memset(body, fill, size);
	const struct spool_frame frame =
		{.kind = SPOOL_RECORDS, .stream = stream, .number = number, .records = 1, .size = size, .body = body};
	while (spool_put(s, &frame) == -ENOBUFS)
		usleep(1000);
}

static void wait_safe(struct spool *s, const struct stream *stream, uint64_t number)
{
	for (int i = 0; i < 5000 && spool_safe(s, stream) < number; i++)
		usleep(1000);
	CU_ASSERT(spool_safe(s, stream) >= number);
}

static void kept_over_restart(void)
{
	struct spool_batch b = {.body = NULL};
	char uuid[2][STREAM_UUID_TEXT_SIZE];

	begin();
	struct spool *s = open_spool(1 << 24, 600, 600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	spool_uuid(s, uuid[0]);
	struct stream *a = &registry.slots[3];
	memset(a->hello.stream, 7, sizeof(a->hello.stream));
	CU_ASSERT(!spool_read(s, 1, &b, 0) && spool_is_empty(s));
	for (uint64_t n = 1; n <= 20; n++)
		put(s, a, n + 100, (uint8_t)n, 70000);
	wait_safe(s, a, 120);
	CU_ASSERT(spool_read(s, 1, &b, 1000) && b.number == 1 && b.size == 70000 && b.body[0] == 1);
	CU_ASSERT(!spool_seek(s, 0).renewed);
	spool_acknowledge(s, 5);
	CU_ASSERT(spool_levels(s).waiting == 15 && spool_levels(s).kept == 5);
	CU_ASSERT_PTR_NULL(open_spool(1 << 24, 600, 600)); // a second collector
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "another collector uses it"));
	spool_close(s);

	s = open_spool(1 << 24, 600, 600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	spool_uuid(s, uuid[1]);
	CU_ASSERT_STRING_EQUAL(uuid[0], uuid[1]);
	a = &registry.slots[3];
	CU_ASSERT(a->used && a->received == 120 && spool_safe(s, a) == 120 && !a->ended);
	CU_ASSERT(a->hello.stream[5] == 7 && strncmp(a->uuid, "07070707", 8) == 0);
	struct spool_seek found = spool_seek(s, 18);
	CU_ASSERT(found.missing == 0 && found.skipped == 13 && found.skipped_records == 13);
	CU_ASSERT(spool_read(s, 19, &b, 0) && b.number == 19 && b.body[69999] == 19);
	CU_ASSERT(b.hello.stream[5] == 7);
	spool_acknowledge(s, 20);
	CU_ASSERT(spool_is_empty(s));
	found = spool_seek(s, 10); // an older Redis
	CU_ASSERT(found.again == 10 && found.missing == 0 && spool_levels(s).waiting == 10);
	found = spool_seek(s, 31); // a spool older than Redis
	CU_ASSERT(found.renewed);
	spool_uuid(s, uuid[1]);
	CU_ASSERT(strcmp(uuid[0], uuid[1]) != 0 && spool_first(s) == 21);
	put(s, a, 121, 1, 10);
	CU_ASSERT(spool_read(s, 1, &b, 5000) && b.number == 21);
	spool_batch_free(&b);
	end(s);
}

// What was acknowledged a moment ago is kept, whatever is committed in that moment.
static void kept_from_the_start(void)
{
	begin();
	struct spool *s = open_spool(1 << 24, 600, 600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	struct stream *a = &registry.slots[3];
	CU_ASSERT(!spool_seek(s, 0).renewed);
	for (uint64_t n = 1; n <= 300; n++) {
		put(s, a, n, 1, 100);
		wait_safe(s, a, n);
		CU_ASSERT(!spool_seek(s, n).renewed); // sets the time of all anew where they have none
		CU_ASSERT_EQUAL(spool_levels(s).kept, n);
		if (n % 10 == 0) {
			usleep(20000);
			CU_ASSERT_EQUAL(spool_seek(s, 0).missing, 0);
		}
	}
	CU_ASSERT_EQUAL(spool_first(s), 1);
	end(s);
}

static void bounded(void)
{
	struct spool_batch b = {.body = NULL};

	begin();
	struct spool *s = open_spool(1 << 20, 600, 0); // no patience
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	struct stream *a = &registry.slots[0];
	for (uint64_t n = 1; n <= 60; n++)
		put(s, a, n, (uint8_t)n, 60000);
	wait_safe(s, a, 60);
	struct spool_levels levels = spool_levels(s);
	CU_ASSERT(levels.bytes <= 1 << 20 && levels.waiting < 17 && levels.waiting > 8);
	CU_ASSERT(spool_read(s, 1, &b, 0) && b.number == spool_first(s) && b.body[0] == (uint8_t)b.number);
	CU_ASSERT(spool_seek(s, 0).missing == 0); // given up, not lost by Redis
	spool_batch_free(&b);
	end(s);

	begin();
	s = open_spool(1 << 20, 600, 600); // kept ones give way, waiting ones do not
	a = &registry.slots[0];
	for (uint64_t n = 1; n <= 60; n++) {
		put(s, a, n, (uint8_t)n, 60000);
		wait_safe(s, a, n);
		spool_acknowledge(s, n);
	}
	uint64_t last = 60;
	for (; last < 100 && !spool_is_full(s); last++)
		put(s, a, last + 1, (uint8_t)last, 60000);
	for (int i = 0; i < 3000 && spool_is_well(s, reason, sizeof(reason)); i++)
		usleep(1000);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "spool.size"));
	CU_ASSERT(spool_first(s) == 61 && spool_safe(s, a) > 70);
	for (int i = 0; i < 5000 && spool_safe(s, a) < last;
		i++) { // what waited in memory follows, and may fill it again
		spool_acknowledge(s, spool_safe(s, a));
		usleep(1000);
	}
	spool_acknowledge(s, last);
	for (int i = 0; i < 5000 && !spool_is_well(s, reason, sizeof(reason)); i++)
		usleep(1000);
	CU_ASSERT(spool_levels(s).memory == 0 && spool_is_well(s, reason, sizeof(reason)));
	end(s);

	begin();
	s = open_spool(1 << 24, 0, 600); // nothing is kept
	a = &registry.slots[0];
	put(s, a, 1, 1, 100);
	wait_safe(s, a, 1);
	spool_acknowledge(s, 1);
	for (int i = 0; i < 3000 && spool_levels(s).kept > 0; i++)
		usleep(1000);
	CU_ASSERT(spool_levels(s).kept == 0 && spool_seek(s, 0).missing == 1);
	end(s);
}

// Redis comes back older after batches were given up: what it had and lost is told apart from these.
static void older_after_giving_up(void)
{
	begin();
	struct spool *s = open_spool(1 << 20, 600, 0); // no patience
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	struct stream *a = &registry.slots[0];
	CU_ASSERT(!spool_seek(s, 0).renewed);
	for (uint64_t n = 1; n <= 65; n++) {
		put(s, a, n, (uint8_t)n, 60000);
		wait_safe(s, a, n);
		if (n == 5)
			spool_acknowledge(s, 5);
	}
	uint64_t first = spool_first(s);
	CU_ASSERT_FATAL(first > 10 && first < 65); // 1…5 let go of, 6… given up
	struct spool_seek found = spool_seek(s, 3);
	CU_ASSERT(found.missing == 2 && found.again == 0); // 4 and 5
	spool_acknowledge(s, 65);
	found = spool_seek(s, 0);
	CU_ASSERT(found.again == 65 - first + 1 && found.missing == 0); // no more than there are
	end(s);
}

// A spool that was put back to an older state, and has taken frames since, before Redis was asked.
static void old_copy(void)
{
	struct spool_batch b = {.body = NULL};
	char uuid[2][STREAM_UUID_TEXT_SIZE];

	begin();
	struct spool *s = open_spool(1 << 24, 600, 600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	struct stream *a = &registry.slots[0];
	for (uint64_t n = 1; n <= 10; n++)
		put(s, a, n, (uint8_t)n, 100);
	wait_safe(s, a, 10);
	spool_uuid(s, uuid[0]);
	spool_close(s);
	s = open_spool(1 << 24, 600, 600);
	for (uint64_t n = 11; n <= 20; n++)
		put(s, a, n, (uint8_t)n, 100);
	wait_safe(s, a, 20);
	CU_ASSERT(spool_seek(s, 15).renewed); // of 15, at most 10 can be from here
	spool_uuid(s, uuid[1]);
	CU_ASSERT(strcmp(uuid[0], uuid[1]) != 0 && !spool_seek(s, 0).renewed);
	CU_ASSERT(spool_read(s, 1, &b, 0) && b.number == 11 && b.body[0] == 11);
	CU_ASSERT(!spool_seek(s, 15).renewed); // and now they are
	spool_batch_free(&b);
	spool_close(s);
	s = open_spool(1 << 24, 600, 600);
	put(s, &registry.slots[0], 21, 1, 100);
	wait_safe(s, &registry.slots[0], 21);
	spool_acknowledge(s, 21); // in a cluster, which looks up slot by slot
	CU_ASSERT(!spool_seek(s, 21).renewed);
	end(s);
}

static void other_format(void)
{
	char dir[100];
	struct store store;
	MDB_txn *txn;

	begin();
	struct spool *s = open_spool(1 << 24, 600, 600);
	spool_close(s);
	snprintf(dir, sizeof(dir), "%s/spool", folder);
	CU_ASSERT_EQUAL_FATAL(store_open(&store, dir, 1 << 24, 0), 0);
	struct store_meta meta = store.meta;
	MDB_val key = {.mv_data = (char[]){"meta"}, .mv_size = 4}, value = {.mv_data = &meta, .mv_size = sizeof(meta)};
	meta.format = 7;
	store_seal_meta(&meta);
	CU_ASSERT(store_begin(&store, &txn) == 0 && mdb_put(txn, store.meta_table, &key, &value, 0) == 0);
	CU_ASSERT_EQUAL(store_commit(&store, txn), 0);
	store_close(&store);
	CU_ASSERT_PTR_NULL(open_spool(1 << 24, 600, 600));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "found format 7, expected 2"));
	CU_ASSERT_EQUAL_FATAL(store_open(&store, dir, 1 << 24, 0), 0); // untouched
	CU_ASSERT(store.meta.format == 7 && memcmp(&store.meta, &meta, sizeof(meta)) == 0);
	store_close(&store);
	char command[200];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

// A file of another version of LMDB is not damaged: it stays where it is.
static void other_lmdb(void)
{
	char path[300];

	begin();
	struct spool *s = open_spool(1 << 24, 600, 600);
	put(s, &registry.slots[0], 1, 1, 100);
	wait_safe(s, &registry.slots[0], 1);
	spool_close(s);
	snprintf(path, sizeof(path), "%s/spool/data.mdb", folder);
	FILE *f = fopen(path, "r+");
	for (long page = 0; page < 2; page++) { // behind the page's head and the magic number
		fseek(f, page * 4096 + 20, SEEK_SET);
		fputc(9, f);
	}
	fclose(f);
	CU_ASSERT_PTR_NULL(open_spool(1 << 24, 600, 600));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "VERSION_MISMATCH"));
	snprintf(path, sizeof(path),
		"test -s %s/spool/data.mdb && ! ls %s/spool/damaged-* > /dev/null 2>&1 && rm -r %s", folder, folder,
		folder);
	CU_ASSERT_EQUAL(system(path), 0);
}

static void streams(void)
{
	static struct stream_registry r;
	struct frame_hello hello = {.sensor = "site"};
	const char *why = NULL;

	struct stream *first = stream_find(&r, &hello, 1000, 1, &why);
	CU_ASSERT_STRING_EQUAL(first->uuid, "00000000-0000-0000-0000-000000000000");
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &hello, 1000, 2, &why), first);
	hello.start_s = 5;
	CU_ASSERT_PTR_NULL(stream_find(&r, &hello, 1000, 3, &why));
	CU_ASSERT_PTR_NOT_NULL(why);
	for (int i = 1; i < STREAMS_MAX; i++) {
		hello.stream[0] = (uint8_t)i;
		struct stream *s = stream_find(&r, &hello, 1000, 10 + (uint64_t)i, &why);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		s->connected = i % 2;
	}
	hello.stream[1] = 1;
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &hello, 1000, 1000, &why), first); // unused for longest
	for (int i = 0; i < STREAMS_MAX; i++)
		r.slots[i].queued = 1;
	hello.stream[1] = 2;
	CU_ASSERT_PTR_NULL(stream_find(&r, &hello, 1000, 1001, &why));
}

static void statistics(void)
{
	struct sensors *b = sensors_create();
	enum {
		HEAD = sizeof(struct stats_frame) / 8,
		NUMBERS = OUTBOX_STATS_LEN + WORKER_STATS_LEN,
		PORT = 8 + PORT_STATS_LEN
	};
	static uint64_t body[HEAD + NUMBERS + PORT + sizeof(struct stats_unknown) / 8];
	struct stats_frame head = {.workers = 1, .ports = 1, .unknown = 1};
	const struct stats_unknown unknown = {.kind = STATS_UNKNOWN_UDP_PORT, .number = 12345, .packets = 7};
	struct frame_hello hello = {.sensor = "site"};
	struct sensor_counters *out = calloc(SENSORS_MAX, sizeof(*out));

	memcpy(body, &head, sizeof(head));
	for (size_t i = 0; i < NUMBERS; i++)
		body[HEAD + i] = i;
	memset(&body[HEAD + NUMBERS], 'n', STATS_PORT_NAME_SIZE); // not terminated
	memcpy(&body[HEAD + NUMBERS + PORT], &unknown, sizeof(unknown));
	CU_ASSERT_PTR_NULL(sensors_put(b, &hello, cursor_make(body, sizeof(body)), 1));
	CU_ASSERT_EQUAL(sensors_read(b, out), 1);
	CU_ASSERT(out[0].worker[0][0] == OUTBOX_STATS_LEN && strlen(out[0].port[0].name) == STATS_PORT_NAME_SIZE - 1);
	CU_ASSERT(out[0].unknown_len == 1 && out[0].unknown[0].number == 12345 && out[0].unknown[0].packets == 7);
	for (size_t size = 0; size < sizeof(body); size++)
		CU_ASSERT_PTR_NOT_NULL(sensors_put(b, &hello, cursor_make(body, size), 1));
	head.workers = STATS_WORKERS_MAX + 1;
	memcpy(body, &head, sizeof(head));
	CU_ASSERT_PTR_NOT_NULL(sensors_put(b, &hello, cursor_make(body, sizeof(body)), 1));
	for (int i = 0; i < 2 * SENSORS_MAX; i++) {
		snprintf(hello.sensor, sizeof(hello.sensor), "site%d", i);
		sensors_connected(b, &hello, true, 10 + (uint64_t)i);
	}
	CU_ASSERT_EQUAL(sensors_read(b, out), SENSORS_MAX);
	free(out);
	sensors_free(b);
}

int main(void)
{
	static const struct unit_test tests[] = {{"kept_over_restart", kept_over_restart},
		{"kept_from_the_start", kept_from_the_start}, {"bounded", bounded},
		{"older_after_giving_up", older_after_giving_up}, {"old_copy", old_copy},
		{"other_format", other_format}, {"other_lmdb", other_lmdb}, {"streams", streams},
		{"statistics", statistics}};

	log_init("unit", LOG_LEVEL_ERROR);
	return unit_run("collector_spool", tests, sizeof(tests) / sizeof(tests[0]));
}
