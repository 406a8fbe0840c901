// SPDX-License-Identifier: BSD-3-Clause
// A spool whose file is not what it was: only what is damaged is lost, counted, and nothing is taken for what
// it is not.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/base/metrics.h"
#include "collector/spool/spool.h"
#include "collector/spool/store_record.h"
#include "collector/spool/store.h"
#include "dataplane/common/log.h"
#include "tests/tools/unit.h"

enum { BATCHES = 60, GONE = 20, STREAMS = 3, BODY_MAX = 9000 };

static char folder[64], data_path[120];
static char reason[512];
static struct stream_registry registry;
static uint8_t *whole; // the file as it was
static size_t whole_size;

static struct spool *open_with(double keep_s)
{
	struct spool_settings settings = {.size = 1 << 24, .memory = 1 << 20, .keep_s = keep_s, .patience_s = 600};

	snprintf(settings.dir, sizeof(settings.dir), "%s/spool", folder);
	memset(&registry, 0, sizeof(registry));
	return spool_open(&settings, &registry, reason, sizeof(reason));
}

static uint32_t body_of(uint64_t number, uint8_t *body)
{
	uint32_t size = number % 5 == 0 ? BODY_MAX - (uint32_t)number : 40 + (uint32_t)number * 7;

	for (uint32_t i = 0; i < size; i++)
		body[i] = (uint8_t)(number * 31 + i * 7);
	return size;
}

static struct stream *stream_of(uint64_t number)
{
	struct stream *stream = &registry.slots[number % STREAMS];

	stream->used = true;
	memset(stream->hello.stream, (int)(number % STREAMS) + 1, sizeof(stream->hello.stream));
	return stream;
}

static void put(struct spool *s, uint64_t number)
{
	uint8_t body[BODY_MAX];
	struct stream *stream = stream_of(number);
	const struct spool_frame frame = {.kind = SPOOL_RECORDS,
		.stream = stream,
		.number = number,
		.records = (uint32_t)number,
		.sightings = 1000 + number,
		.size = body_of(number, body),
		.body = body};

	while (spool_put(s, &frame) == -ENOBUFS)
		usleep(1000);
	for (int i = 0; i < 20000 && spool_safe(s, stream) < number; i++)
		usleep(500);
	CU_ASSERT_FATAL(spool_safe(s, stream) >= number);
}

// Batches 1…BATCHES, the first GONE of them deleted after Redis had them: the file has pages that are free.
static void make(void)
{
	struct stat st;

	// in memory where there is room for that: hundreds of files are synced
	snprintf(folder, sizeof(folder), "%s/lookback-unit.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(data_path, sizeof(data_path), "%s/spool/data.mdb", folder);
	struct spool *s = open_with(0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT(!spool_seek(s, 0).renewed);
	for (uint64_t n = 1; n <= BATCHES; n++) {
		put(s, n);
		if (n == 45)
			spool_acknowledge(s, GONE);
	}
	for (int i = 0; i < 5000 && spool_first(s) <= GONE; i++)
		usleep(1000);
	CU_ASSERT_EQUAL_FATAL(spool_first(s), GONE + 1);
	spool_close(s);
	CU_ASSERT_EQUAL_FATAL(stat(data_path, &st), 0);
	whole_size = (size_t)st.st_size;
	whole = malloc(whole_size);
	int fd = open(data_path, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(read(fd, whole, whole_size), (ssize_t)whole_size);
	close(fd);
}

static void end(void)
{
	char command[100];

	free(whole);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void restore(void)
{
	char command[200];

	snprintf(command, sizeof(command), "%s/spool", folder);
	int dir = open(command, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unlinkat(dir, "lock.mdb", 0);
	close(dir);
	int fd = open(data_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL_FATAL(write(fd, whole, whole_size), (ssize_t)whole_size);
	close(fd);
}

static void write_octets(const void *octets, size_t size, off_t at)
{
	int fd = open(data_path, O_WRONLY | O_CLOEXEC);

	CU_ASSERT_EQUAL_FATAL(pwrite(fd, octets, size, at), (ssize_t)size);
	close(fd);
}

struct found {
	uint64_t batches, missing;			// read, and not there
	uint64_t counted, counted_sightings, uncounted; // as the metrics have it
	uint64_t missing_sightings;
};

// Reads all that waits, as the writer does; each batch has to be what it was.
static struct found read_all(struct spool *s)
{
	struct found f = {.batches = 0};
	struct spool_batch b = {.body = NULL};
	uint8_t body[BODY_MAX];
	uint64_t next = GONE + 1;
	uint64_t before = collector_stats.batches_damaged, sightings = collector_stats.sightings_damaged,
		 uncounted = collector_stats.batches_damaged_uncounted;

	CU_ASSERT(!spool_seek(s, GONE).renewed);
	while (spool_read(s, next, &b, 0)) {
		CU_ASSERT_FATAL(b.number >= next && b.number <= BATCHES);
		for (; next < b.number; next++) {
			f.missing++;
			f.missing_sightings += 1000 + next;
		}
		CU_ASSERT(b.size == body_of(b.number, body) && memcmp(b.body, body, b.size) == 0);
		CU_ASSERT(b.records == b.number && b.sightings == 1000 + b.number);
		CU_ASSERT(b.hello.stream[3] == b.number % STREAMS + 1);
		spool_acknowledge(s, b.number);
		f.batches++;
		next++;
	}
	for (; next <= BATCHES; next++) {
		f.missing++;
		f.missing_sightings += 1000 + next;
	}
	f.counted = collector_stats.batches_damaged - before;
	f.counted_sightings = collector_stats.sightings_damaged - sightings;
	f.uncounted = collector_stats.batches_damaged_uncounted - uncounted;
	spool_batch_free(&b);
	CU_ASSERT(spool_is_empty(s));
	return f;
}

static struct found look(const char *uuid, bool deletes)
{
	struct spool_batch b = {.body = NULL};
	char now[STREAM_UUID_TEXT_SIZE];
	struct spool *s = open_with(0);

	if (!s)
		CU_FAIL(reason);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	spool_uuid(s, now);
	CU_ASSERT_STRING_EQUAL(now, uuid);
	for (uint64_t n = BATCHES; n > BATCHES - STREAMS; n--)
		CU_ASSERT(registry.slots[n % STREAMS].used && registry.slots[n % STREAMS].received == n);
	struct found f = read_all(s);
	CU_ASSERT_EQUAL(f.counted, f.missing);
	if (f.uncounted == 0)
		CU_ASSERT_EQUAL(f.counted_sightings, f.missing_sightings);
	put(s, BATCHES + 1); // goes on with numbers that were never used
	CU_ASSERT(spool_read(s, GONE + 1, &b, 1000) && b.number > GONE);
	CU_ASSERT(spool_read(s, BATCHES + 1, &b, 1000) && b.number == BATCHES + 1);
	spool_acknowledge(s, BATCHES + 1);
	for (int i = 0; deletes && i < 5000 && spool_levels(s).kept > 0; i++)
		usleep(1000);
	CU_ASSERT(!deletes || spool_levels(s).kept == 0);
	spool_batch_free(&b);
	spool_close(s);
	return f;
}

static void uuid_now(char *uuid)
{
	struct spool *s = open_with(0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	spool_uuid(s, uuid);
	CU_ASSERT_EQUAL(read_all(s).missing, 0);
	spool_close(s);
}

// stderr to nowhere and back: each trial has lines in the log.
static void quiet(bool on)
{
	static int saved = -1;
	int to = on ? open("/dev/null", O_WRONLY | O_CLOEXEC) : saved;

	if (on)
		saved = dup(STDERR_FILENO);
	dup2(to, STDERR_FILENO);
	close(to);
}

static void flip(size_t at, unsigned bit)
{
	uint8_t octet = whole[at] ^ (uint8_t)(1u << bit);

	write_octets(&octet, 1, (off_t)at);
}

// One bit, anywhere: at most one batch is lost, and only where the bit was in it.
static void one_bit(void)
{
	char uuid[STREAM_UUID_TEXT_SIZE];
	const char *trials = getenv("LOOKBACK_FLIPS");
	unsigned len = trials ? (unsigned)atoi(trials) : 250, lost = 0;

	make();
	uuid_now(uuid);
	srand(7);
	quiet(true);
	for (unsigned i = 0; i < len; i++) {
		size_t page = (size_t)rand() % (whole_size / 4096);
		// half of them where pages say what they are
		size_t at = i % 4 == 0	 ? page % 2 * 4096 + (size_t)rand() % 160
			    : i % 2 == 0 ? page * 4096 + (size_t)rand() % 64
					 : (size_t)rand() % whole_size;
		restore();
		flip(at, (unsigned)rand() % 8);
		struct found f = look(uuid, i % 25 == 0);
		lost += f.missing > 0;
		if (f.missing > 1) {
			printf("octet %zu: %lu lost\n", at, (unsigned long)f.missing);
			CU_FAIL("more than one batch lost");
		}
	}
	quiet(false);
	CU_ASSERT(lost > 0 && lost < len);
	end();
}

// A page full of other octets: its batches alone.
static void a_page(void)
{
	char uuid[STREAM_UUID_TEXT_SIZE];
	uint8_t noise[4096];

	make();
	uuid_now(uuid);
	srand(11);
	quiet(true);
	for (size_t page = 0; page < whole_size / 4096; page++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = page % 3 == 0 ? 0 : (uint8_t)rand();
		restore();
		write_octets(noise, sizeof(noise), (off_t)page * 4096);
		struct found f = look(uuid, page % 25 == 0);
		CU_ASSERT(f.missing <= 12); // small ones share a page
	}
	quiet(false);
	end();
}

// The end is missing: what is in the file is read.
static void cut_off(void)
{
	char uuid[STREAM_UUID_TEXT_SIZE];

	make();
	uuid_now(uuid);
	quiet(true);
	restore();
	CU_ASSERT_EQUAL(truncate(data_path, (off_t)(whole_size / 4096 * 4096 * 3 / 4)), 0);
	struct spool *s = open_with(0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	struct found f = read_all(s);
	CU_ASSERT(f.batches > 0 && f.missing > 0 && f.counted == f.missing && f.batches + f.missing == BATCHES - GONE);
	spool_close(s);
	quiet(false);
	end();
}

// Nothing is left: another spool, under another UUID, and the old octets are kept.
static void all_gone(void)
{
	char uuid[2][STREAM_UUID_TEXT_SIZE], command[200];

	make();
	uuid_now(uuid[0]);
	memset(whole, 'x', whole_size);
	quiet(true);
	restore();
	struct spool *s = open_with(0);
	quiet(false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	spool_uuid(s, uuid[1]);
	CU_ASSERT(strcmp(uuid[0], uuid[1]) != 0 && spool_is_empty(s));
	spool_damage(s, reason, sizeof(reason));
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "could not be read"));
	put(s, 1);
	spool_close(s);
	snprintf(command, sizeof(command), "ls %s/spool/damaged-*.mdb > /dev/null", folder);
	CU_ASSERT_EQUAL(system(command), 0);
	end();
}

// What a release before this one left: taken over, batches and streams, under the same UUID.
static void format_before(void)
{
	char uuid[2][STREAM_UUID_TEXT_SIZE], dir[100];
	uint8_t value[sizeof(struct store_head) + BODY_MAX];
	struct store store;
	MDB_txn *txn;

	make();
	uuid_now(uuid[0]);
	snprintf(dir, sizeof(dir), "%s/spool", folder);
	CU_ASSERT_EQUAL_FATAL(store_open(&store, dir, 1 << 24, 0), 0);
	CU_ASSERT_EQUAL_FATAL(store_begin(&store, &txn), 0);
	struct store_meta meta = store.meta;
	meta.format = STORE_FORMAT_BEFORE;
	meta.magic = 0;
	MDB_val key = {.mv_data = (char[]){"meta"}, .mv_size = 4},
		data = {.mv_data = &meta, .mv_size = STORE_META_BEFORE};
	CU_ASSERT_EQUAL(mdb_put(txn, store.meta_table, &key, &data, 0), 0);
	for (uint64_t n = GONE + 1; n <= BATCHES; n++) {
		struct store_head head = {.magic = STORE_MAGIC_BEFORE,
			.records = (uint32_t)n,
			.hello = {.stream = {1}}};
		head.size = body_of(n, value + STORE_HEAD_BEFORE);
		head.check = store_checksum(value + STORE_HEAD_BEFORE, head.size);
		memset(head.hello.stream, (int)(n % STREAMS) + 1, sizeof(head.hello.stream));
		memcpy(value, &head, STORE_HEAD_BEFORE);
		key = (MDB_val){.mv_data = &n, .mv_size = sizeof(n)};
		data = (MDB_val){.mv_data = value, .mv_size = STORE_HEAD_BEFORE + head.size};
		CU_ASSERT_EQUAL(mdb_put(txn, store.batches, &key, &data, 0), 0);
	}
	CU_ASSERT_EQUAL_FATAL(store_commit(&store, txn), 0);
	store_close(&store);
	struct spool_batch b = {.body = NULL};
	struct spool *s = open_with(600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	spool_uuid(s, uuid[1]);
	CU_ASSERT_STRING_EQUAL(uuid[0], uuid[1]);
	CU_ASSERT_EQUAL(spool_first(s), GONE + 1);
	for (uint64_t n = GONE + 1; n <= BATCHES; n++)
		CU_ASSERT(spool_read(s, n, &b, 0) && b.number == n && b.size == body_of(n, value) &&
			  memcmp(b.body, value, b.size) == 0);
	put(s, BATCHES + 1);
	spool_close(s);
	s = open_with(600); // of this format by now, with batches of both
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT(spool_last(s) == BATCHES + 1 && spool_first(s) == GONE + 1);
	spool_damage(s, reason, sizeof(reason));
	CU_ASSERT_STRING_EQUAL(reason, "");
	spool_batch_free(&b);
	spool_close(s);
	end();
}

int main(void)
{
	static const struct unit_test tests[] = {{"one_bit", one_bit}, {"a_page", a_page}, {"cut_off", cut_off},
		{"all_gone", all_gone}, {"format_before", format_before}};

	log_init("unit", LOG_LEVEL_ERROR);
	return unit_run("collector_spool_damage", tests, sizeof(tests) / sizeof(tests[0]));
}
